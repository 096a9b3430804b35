using Nex.Linux.Machine;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Conformance;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Identifiers;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class SpawnLauncherTests
{
    [Fact]
    public async Task A_cgroup_that_was_asked_for_and_cannot_be_used_fails_the_start()
    {
        await using RealManager host = RealManager.Create(RealManager.OptionsOf(Sandbox.None) with { CgroupParent = "/proc/nowhere" });

        ProcessManagerException failure = await FailsAsync(ProcessManagerError.SandboxUnavailable, () => host.Manager.StartAsync(host.Delegate));

        Assert.StartsWith(
            "The cgroup that the option CgroupParent names cannot be used: no cgroup can be made in /proc/nowhere: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("or leave the option out.", failure.Message, StringComparison.Ordinal);
        host.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(Sandbox.None)]
    [InlineData(Sandbox.Namespaces)]
    public async Task A_run_directory_where_nothing_can_be_executed_is_refused_and_nothing_is_left_in_it(Sandbox sandbox)
    {
        using var disk = SmallDisk.Mount(kibibytes: 8 * 1024, MountFlags.NoExecution);
        ProcessManagerOptions options = RealManager.OptionsOf(sandbox) with { RunDirectory = disk["run"] };
        await using IProcessManager manager = ProcessManagerFactory.Create(options);

        ProcessManagerException failure = await FailsAsync(ProcessManagerError.SandboxUnavailable, () => manager.StartAsync(new DelegateRecorder(), CancellationToken.None));

        Assert.Equal(
            $"The run directory {disk["run"]} cannot be used: its file system is mounted with noexec, and agents are executed there: choose another with the option RunDirectory.",
            failure.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk["run"]));
    }

    [Fact]
    public async Task A_launch_that_is_given_up_leaves_nothing()
    {
        using var directory = new TempDirectory();
        await using var launcher = new SpawnLauncher(RealManager.OptionsOf(Sandbox.None) with { RunDirectory = directory["run"] }, new LogRecorder());
        await launcher.OpenAsync(CancellationToken.None).Within();
        string id = SortableId.Create(TimeProvider.System);
        string[] before = OpenDescriptors.List();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => launcher.LaunchAsync(id, new AgentDiagnostics(new LogRecorder(), id), new CancellationToken(canceled: true)).Within());

        Assert.Empty(OpenDescriptors.Since(before));
        Assert.Empty(LiveProcesses.With(id));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(directory.Path, "*", SearchOption.AllDirectories), path => path.Contains(id, StringComparison.Ordinal));
    }

    /// <summary>What an agent wrote before it ended says why it ended, however busy its node is with reading it.</summary>
    [Fact]
    public async Task The_last_words_of_an_agent_are_read_to_their_end()
    {
        using var directory = new TempDirectory();
        using var gate = new ManualResetEventSlim();
        string program = directory.WriteProgram("agent", "#!/bin/sh\necho first >&2\nread line <&3\necho last >&2\n");
        await using var launcher = new SpawnLauncher(
            RealManager.OptionsOf(Sandbox.None) with { RunDirectory = directory["run"], AgentPath = program }, new LogRecorder());
        await launcher.OpenAsync(CancellationToken.None).Within();
        var log = new LogRecorder { OnLogged = _ => Assert.True(gate.Wait(Deadline.Length)) };
        var diagnostics = new AgentDiagnostics(log, "agent");
        ILaunchedAgent agent = await launcher.LaunchAsync(SortableId.Create(TimeProvider.System), diagnostics, CancellationToken.None).Within();
        _ = await log.Lines.AtAsync(0);
        // Its reader is held up when it writes the rest, and ends.
        await agent.Link.DisposeAsync();
        _ = await agent.Exited.Within();

        Task disposing = agent.DisposeAsync().AsTask();
        gate.Set();
        await disposing.Within();

        Assert.Equal(" It wrote: first | last", diagnostics.Excerpt);
    }
}
