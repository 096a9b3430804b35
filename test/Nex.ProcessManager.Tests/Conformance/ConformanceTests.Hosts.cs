using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>What a manager has on its host, and what is left of that when it is killed.</summary>
public abstract partial class ConformanceTests
{
    [Fact]
    public async Task When_a_node_is_killed_its_agents_and_workloads_end()
    {
        using var directory = new TempDirectory();
        await using NodeProgram node = await NodeProgram.StartAsync(Options, directory["run"], 2, TestPrograms.Path("tree"), "children");
        _ = await node.Lines.FirstAsync(line => line.StartsWith("line ready", StringComparison.Ordinal));
        IReadOnlyList<LiveProcess> processes = LiveProcesses.DescendantsOf(node.ProcessId);
        int ofWorkload = IsMachine ? 0 : 3;
        Assert.True(processes.Count >= 3 + ofWorkload, string.Join('\n', processes.Select(process => process.ToString())));

        await node.KillAsync();

        await LiveProcesses.EndAsync(processes.Select(process => process.Identity));
    }

    [Fact]
    public async Task A_start_removes_what_a_killed_node_left_and_touches_nothing_else()
    {
        using var directory = new TempDirectory();
        string run = directory["run"];
        await using NodeProgram living = await NodeProgram.StartAsync(Options, run, 1);
        string[] ofLiving = Directory.GetDirectories(run);
        IReadOnlyList<LiveProcess> processes = LiveProcesses.DescendantsOf(living.ProcessId);
        await using NodeProgram killed = await NodeProgram.StartAsync(Options, run, 2);
        string left = Directory.GetDirectories(run).Except(ofLiving).Single();
        await killed.KillAsync();
        Assert.True(Directory.Exists(left));
        string leftCgroup = Path.Combine(HostCgroup.Root ?? "", Path.GetFileName(left));
        // What only looks like ours, and is not.
        string foreign = Directory.CreateDirectory(Path.Combine(run, "nex-foreign")).FullName;
        string file = Path.Combine(run, "nex-1-1-00000000-00000000-1");
        await File.WriteAllTextAsync(file, "a file");

        await using IProcessManager manager = ProcessManagerFactory.Create(Options with { RunDirectory = run });
        await manager.StartAsync(new DelegateRecorder()).Within();

        Assert.False(Directory.Exists(left));
        Assert.False(HostCgroup.Root is not null && Directory.Exists(leftCgroup));
        Assert.True(Directory.Exists(Assert.Single(ofLiving)));
        Assert.True(Directory.Exists(foreign));
        Assert.True(File.Exists(file));
        Assert.All(processes, process => Assert.True(process.Identity.IsAlive));
    }

    [Fact]
    public async Task Two_managers_with_one_run_directory_do_not_disturb_each_other()
    {
        using var directory = new TempDirectory();
        await using IProcessManager first = ProcessManagerFactory.Create(Options with { RunDirectory = directory["run"] });
        await using RealManager second = RealManager.Create(Options, directory["run"]);
        var ofFirst = new DelegateRecorder();
        await Task.WhenAll(first.StartAsync(ofFirst), second.Manager.StartAsync(second.Delegate)).Within();

        await first.StopAsync().Within();

        Assert.Empty(second.Delegate.Exited.Reached);
        Assert.Empty(await second.RunAsync("exit"));
        Assert.Empty(Directory.EnumerateDirectories(directory["run"], ofFirst.Started.Reached[0], SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_host_without_disk_space_is_told_of_and_the_pool_is_whole_once_there_is_some()
    {
        using var disk = SmallDisk.Mount(kibibytes: 8 * 1024);
        await using RealManager host = RealManager.Create(Options with { MaxStartBackoff = TimeSpan.FromMilliseconds(200) }, disk["run"]);
        await host.FillAsync();
        disk.Fill();

        // The agent that is taken keeps its room, so that there is none for its replacement.
        RealWorkload running = await host.DeployAsync("tree", "polite");

        await host.Log.Lines.CountAsync(line => line.Text.Contains("did not become warm", StringComparison.Ordinal), 2);
        PoolStatus status = host.Manager.Status;
        Assert.Equal((PoolState.Failing, 0, 1), (status.State, status.Warm, status.Prepared));
        Assert.Contains("No space left", status.Reason, StringComparison.Ordinal);
        Assert.Empty(running.Observer.Exits.Reached);
        disk.Empty();
        _ = await host.Delegate.Started.CountAsync(2);
        Assert.Empty(await host.RunAsync("exit"));
    }

    [Fact]
    public async Task A_host_that_has_no_space_at_all_fails_the_start_with_the_reason()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64);
        disk.Fill();
        await using RealManager host = RealManager.Create(Options with { StartFailureLimit = 1 }, disk["run"]);

        ProcessManagerException failure = await PoolTest.FailsAsync(ProcessManagerError.StartFailed, () => host.Manager.StartAsync(host.Delegate));

        Assert.Contains("No space left", failure.Message, StringComparison.Ordinal);
        host.AssertNothingIsLeft();
    }
}
