using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>What launchers of microVMs must keep besides: machines that do not come up, and what machines share.</summary>
public abstract partial class MicroVmConformanceTests(Sandbox sandbox) : ConformanceTests(sandbox)
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

    /// <summary>Debian's images have such a file, and some that are made by a tool have a link into the void.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Machines_are_different_though_their_image_brings_a_machine_id(bool isLink)
    {
        using GuestWith guest = await GuestWith.FolderAsync(folder =>
        {
            string file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "etc")).FullName, "machine-id");
            if (isLink)
            {
                _ = File.CreateSymbolicLink(file, "/nowhere");
            }
            else
            {
                File.WriteAllText(file, "0123456789abcdef0123456789abcdef\n");
            }
        });
        await using RealManager host = await RealManager.StartAsync(Options with { MicroVm = guest.Machines(Options) });

        string[] ids = [await MachineIdAsync(host), await MachineIdAsync(host)];

        Assert.NotEqual(ids[0], ids[1]);
        Assert.All(ids, id => Assert.Matches("^machine (?!0123)[0-9a-f]{32}$", id));
    }

    [Fact]
    public async Task A_program_as_large_as_a_machine_has_room_for_runs_and_a_larger_one_is_refused()
    {
        await using RealManager host = await StartAsync();
        long room = MachineLimits.RoomForArtifact(Options.MicroVm.MemoryMiB);
        byte[] program = new byte[room];
        Random.Shared.NextBytes(program);
        (await File.ReadAllBytesAsync(TestPrograms.Path("exit"))).CopyTo(program, 0);
        ArtifactFile artifact = TestPrograms.Artifact("exit", program);
        using SafeFileHandle open = artifact.Handle;
        var observer = new ObserverRecorder();

        host.Manager.CheckArtifact(artifact.Size);
        string id = await host.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "large" }).Within();
        await host.Manager.GetAgent(id).DeployAsync(artifact, observer).Within(Deadline.Length + Deadline.Length);

        Assert.True((await observer.ExitAsync()).IsSuccess);
        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => host.Manager.CheckArtifact(200 * 1024 * 1024));
        Assert.Equal(ProcessManagerError.ArtifactTooLarge, failure.Error);
        Assert.Contains("The artifact has 200 MiB, and a machine of 128 MiB has room for 39:", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the option MemoryMiB", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ProcessManagerException>(() => host.Manager.CheckArtifact(room + 1));
    }

    [Fact]
    public async Task Of_twenty_clones_each_is_somebody()
    {
        const int clones = 20;
        string[] different = ["random", "host", "machine", "boot", "uuid"];
        await using RealManager host = await RealManager.StartAsync(Options with { PoolSize = clones });
        var said = new List<Dictionary<string, string>>();

        for (int count = 0; count < clones; count++)
        {
            IReadOnlyList<string> lines = await host.RunAsync("identify");
            said.Add(lines.Select(line => line.Split(' ', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
        }

        Assert.All(different, name => Assert.Equal(clones, said.Select(one => one[name]).Distinct().Count()));
        Assert.All(said, one => Assert.DoesNotContain("error", one["machine"] + one["boot"]));
        Assert.All(said, one => Assert.Contains(one["host"], host.Delegate.Started.Reached));
    }

    [Fact]
    public async Task The_clock_of_a_clone_is_within_a_hundred_milliseconds_of_that_of_the_host()
    {
        await using RealManager host = await StartAsync();
        var arrivals = new List<DateTimeOffset>();
        var observer = new ObserverRecorder { OnCall = () => arrivals.Add(TimeProvider.System.GetUtcNow()) };

        RealWorkload workload = await host.DeployAsync(new DeployRequest { Name = "clock", Argv = ["100"] }, "clock", observer);

        Assert.True((await observer.ExitAsync()).IsSuccess);
        IEnumerable<double> late = workload.Observer.Texts.Zip(arrivals, (told, arrival) => arrival.ToUnixTimeMilliseconds() - double.Parse(told, CultureInfo.InvariantCulture));
        // Each is some time on its way: the quickest tells most of the clock.
        Assert.InRange(late.Min(), -100, 100);
    }

    private static async Task<string> MachineIdAsync(RealManager host) =>
        (await host.RunAsync("identify")).Single(line => line.StartsWith("machine ", StringComparison.Ordinal));

    private protected static Task<RealWorkload> ShellAsync(RealManager host, string script)
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
