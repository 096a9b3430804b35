using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>What launchers of microVMs must keep besides: machines that do not come up, and what machines share.</summary>
public abstract class MicroVmConformanceTests(Sandbox sandbox) : ConformanceTests(sandbox)
{
    [Theory]
    [InlineData(AgentMethods.Adopt)]
    [InlineData(AgentMethods.ReadClock)]
    public Task A_machine_that_is_killed_while_it_takes_its_identity_fails_alone_and_leaves_nothing(string step) => KillDuringStartAsync(step);

    [Fact]
    public async Task An_image_that_is_none_fails_the_start_with_what_the_machine_wrote()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["initramfs"], "This is no image.");

        ProcessManagerException failure = await FailToStartAsync(Options.MicroVm with { InitramfsPath = directory["initramfs"] });

        Assert.Contains("Kernel panic", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_process_that_ends_fails_the_start_with_what_the_machine_wrote()
    {
        using GuestWith guest = await GuestWith.FirstProcessAsync("exit");

        ProcessManagerException failure = await FailToStartAsync(guest.Machines(Options));

        Assert.Contains("Attempted to kill init", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_that_is_none_fails_the_start()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["kernel"], "This is no kernel.");

        _ = await FailToStartAsync(Options.MicroVm with { KernelPath = directory["kernel"] });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_that_never_says_anything_is_given_up_after_its_time(bool useTemplates)
    {
        using GuestWith guest = await GuestWith.FirstProcessAsync("silent");
        MicroVmOptions machines = guest.Machines(Options) with { BootTimeout = TimeSpan.FromSeconds(2), UseTemplates = useTemplates };

        ProcessManagerException failure = await FailToStartAsync(machines, startTimeout: machines.BootTimeout);

        Assert.Contains("within 2 s", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>It goes on for ever: only the node can end it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_that_floods_its_link_is_ended_at_once_with_what_is_wrong(bool useTemplates)
    {
        using GuestWith guest = await GuestWith.FirstProcessAsync("babble");
        MicroVmOptions machines = guest.Machines(Options) with { UseTemplates = useTemplates };
        long begun = TimeProvider.System.GetTimestamp();

        ProcessManagerException failure = await FailToStartAsync(machines);

        Assert.True(TimeProvider.System.GetElapsedTime(begun) < machines.BootTimeout);
        Assert.Contains("A frame of 1650614882 bytes was announced", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_room_for_templates_runs_machines_all_the_same()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64);
        await using RealManager host = RealManager.Create(Options with { MicroVm = Options.MicroVm with { TemplateDirectory = disk.Path } });

        await host.Manager.StartAsync(host.Delegate).Within(Options.MicroVm.BootTimeout);

        Assert.Empty(await host.RunAsync("exit"));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains("could not be kept", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
    }

    [Fact]
    public async Task What_one_machine_writes_no_other_sees()
    {
        await using RealManager host = await StartAsync();
        const string look = "cat /work/mine /tmp/mine 2>/dev/null; echo looked";

        RealWorkload first = await ShellAsync(host, $"echo 1 > /work/mine && echo 1 > /tmp/mine; {look}");
        _ = await first.Observer.ExitAsync();
        RealWorkload second = await ShellAsync(host, look);
        _ = await second.Observer.ExitAsync();

        Assert.Equal(["1", "1", "looked"], first.Observer.Texts);
        Assert.Equal(["looked"], second.Observer.Texts);
    }

    private static Task<RealWorkload> ShellAsync(RealManager host, string script)
    {
        string busybox = Executables.Find("busybox") ?? throw new InvalidOperationException("busybox is not installed: run ./build.sh build.");
        return host.DeployAsync(
            new DeployRequest
            {
                Name = "shell",
                Artifact = "busybox",
                Argv = ["sh", "-c", script],
            },
            busybox);
    }

    /// <summary>A start that fails leaves no process, no directory and no template.</summary>
    private async Task<ProcessManagerException> FailToStartAsync(MicroVmOptions machines, TimeSpan? startTimeout = null)
    {
        using var templates = new TempDirectory();
        await using RealManager host = RealManager.Create(Options with
        {
            MicroVm = machines with { TemplateDirectory = templates["templates"] },
            StartTimeout = startTimeout ?? Options.StartTimeout,
            StartFailureLimit = 1,
        });

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(
            () => host.Manager.StartAsync(host.Delegate).Within(machines.BootTimeout + Deadline.Length));

        Assert.Equal(ProcessManagerError.StartFailed, failure.Error);
        Assert.Empty(host.Delegate.Started.Reached);
        host.AssertNothingIsLeft();
        Assert.False(Directory.Exists(templates["templates"]) && Directory.EnumerateFileSystemEntries(templates["templates"]).Any());
        return failure;
    }
}
