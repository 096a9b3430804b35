using System.Security.Cryptography;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>Templates: made once, found again, and made anew when no clone of one comes up.</summary>
public abstract partial class MicroVmConformanceTests
{
    /// <summary>Of which machine a step is.</summary>
    private const string Template = "template";

    /// <summary>By which a test can tell that a clone has been told to run.</summary>
    private protected abstract string LastStep { get; }

    [Fact]
    public async Task A_kept_template_that_no_machine_can_go_on_from_is_made_anew()
    {
        using var directory = new TempDirectory();
        ProcessManagerOptions options = WithTemplatesIn(directory["templates"]);
        await (await RealManager.StartAsync(options)).DisposeAsync();
        // Cut, and with the digest of what is left: only who loads it can tell.
        byte[] cut = (await File.ReadAllBytesAsync(Kept(directory, "state")))[..1000];
        await File.WriteAllBytesAsync(Kept(directory, "state"), cut);
        string[] digests = await File.ReadAllLinesAsync(Kept(directory, "sha256"));
        await File.WriteAllLinesAsync(Kept(directory, "sha256"), [digests[0], Convert.ToHexStringLower(SHA256.HashData(cut))]);

        await using RealManager host = await RealManager.StartAsync(options);

        Assert.NotEmpty(await host.RunAsync("identify"));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains("the template is made again", StringComparison.Ordinal));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains("did not become warm", StringComparison.Ordinal) && line.Text.Contains(" It wrote: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_kept_template_whose_clones_say_nothing_is_made_anew()
    {
        using var directory = new TempDirectory();
        ProcessManagerOptions options = WithTemplatesIn(directory["templates"]) with { PoolSize = 2, MaxConcurrentStarts = 2 };
        await (await RealManager.StartAsync(options)).DisposeAsync();
        await TakeTheTemplateOfAMuteGuestAsync(directory);
        var time = new HeldTime(options.MicroVm.BootTimeout);
        var running = new Milestones<string>();
        await using RealManager host = CreateHooked(options, new Hooks
        {
            Time = time,
            OnMachineStep = (machine, _, step) => running.Add($"{machine} {step}"),
        });

        Task starting = host.Manager.StartAsync(host.Delegate);
        await running.CountAsync(step => step.EndsWith(LastStep, StringComparison.Ordinal), 2);
        time.Pass();

        await starting.Within(Deadline.Length + Deadline.Length);
        Assert.NotEmpty(await host.RunAsync("identify"));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains("the template is made again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Managers_that_start_at_the_same_time_boot_one_template()
    {
        using var directory = new TempDirectory();
        ProcessManagerOptions options = WithTemplatesIn(directory["templates"]);
        await using RealManager first = RealManager.Create(options), second = RealManager.Create(options);

        await Task.WhenAll(first.FillAsync(), second.FillAsync());

        Assert.Single(first.Log.Lines.Reached.Concat(second.Log.Lines.Reached), line => line.Text.StartsWith("Made the template", StringComparison.Ordinal));
        _ = Kept(directory, "state");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_and_a_start_that_is_cancelled_do_not_wait_for_a_template_that_is_being_booted(bool isCancelled)
    {
        using GuestWith guest = await GuestWith.FirstProcessAsync("silent");
        using var cancelling = new CancellationTokenSource();
        var booting = new Milestones<string>();
        await using RealManager host = CreateHooked(
            Options with { MicroVm = guest.Machines(Options) with { BootTimeout = TimeSpan.FromHours(1) } },
            new Hooks { OnMachineStep = (machine, _, _) => booting.Add(machine) });
        Task starting = host.Manager.StartAsync(host.Delegate, cancelling.Token);
        _ = await booting.AtAsync(0);

        if (isCancelled)
        {
            await cancelling.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.Within());
        }
        else
        {
            await host.Manager.StopAsync().Within();
            _ = await PoolTest.FailsAsync(ProcessManagerError.Stopping, () => starting);
        }

        host.AssertNothingIsLeft();
        AssertNoProcessIsLeft();
    }

    /// <summary>The first clone is killed when it has come to a step; that is no fault of the template.</summary>
    private protected async Task KillCloneAsync(string at)
    {
        string? killed = null;
        await using RealManager host = CreateHooked(Options with { PoolSize = 2 }, new Hooks
        {
            OnMachineStep = (machine, process, step) =>
            {
                if (machine != Template && step == at && Interlocked.CompareExchange(ref killed, machine, null) is null)
                {
                    Kill(process);
                }
            },
        });

        await host.FillAsync();

        Assert.NotNull(killed);
        Assert.DoesNotContain(killed, host.Delegate.Started.Reached);
        Assert.Equal((PoolState.Full, 2), (host.Manager.Status.State, host.Manager.Status.Warm));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.StartsWith($"Agent {killed} did not become warm (Killed)", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Log.Lines.Reached, line => line.Text.Contains("the template is made again", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateDirectories(host.Options.RunDirectory, killed, SearchOption.AllDirectories));
        Assert.Empty(await host.RunAsync("exit"));
    }

    /// <summary>The machine that becomes the template is killed when it has come to a step; another is booted.</summary>
    private protected async Task KillTemplateAsync(string at)
    {
        using var directory = new TempDirectory();
        int killed = 0;
        await using RealManager host = CreateHooked(WithTemplatesIn(directory["templates"]), new Hooks
        {
            OnMachineStep = (machine, process, step) =>
            {
                if (machine == Template && step == at && Interlocked.Exchange(ref killed, 1) == 0)
                {
                    Kill(process);
                }
            },
        });

        await host.Manager.StartAsync(host.Delegate).Within(Options.MicroVm.BootTimeout);

        Assert.Equal(1, killed);
        Assert.Empty(Directory.EnumerateDirectories(host.Options.RunDirectory, Template, SearchOption.AllDirectories));
        Assert.Empty(await host.RunAsync("exit"));
        _ = Kept(directory, "state");
    }

    private static void Kill(int process) => Assert.True(ProcessIdentity.TryGet(process)?.TryKill());

    private static RealManager CreateHooked(ProcessManagerOptions options, Hooks hooks) =>
        RealManager.Create(options, create: host => new HookedManager(host, hooks));

    private ProcessManagerOptions WithTemplatesIn(string directory) => Options with { MicroVm = Options.MicroVm with { TemplateDirectory = directory } };

    /// <summary>A file of the one template that is kept in a directory.</summary>
    private static string Kept(TempDirectory directory, string file) => Directory.GetFiles(directory["templates"], file, SearchOption.AllDirectories).Single();

    /// <summary>Puts the template of a guest that only ever says that it waits in the place of the one that is there.</summary>
    private async Task TakeTheTemplateOfAMuteGuestAsync(TempDirectory directory)
    {
        using GuestWith guest = await GuestWith.FirstProcessAsync("mute");
        MicroVmOptions machines = guest.Machines(Options);
        await using RealManager host = RealManager.Create(Options with { MicroVm = machines });
        Task starting = host.Manager.StartAsync(host.Delegate);
        _ = await host.Log.Lines.FirstAsync(line => line.Text.StartsWith("Made the template", StringComparison.Ordinal));
        await host.Manager.StopAsync().Within();
        _ = await Record.ExceptionAsync(() => starting.Within());

        foreach (string file in Directory.GetFiles(machines.TemplateDirectory, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Kept(directory, Path.GetFileName(file)), overwrite: true);
        }
    }
}
