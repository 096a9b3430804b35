using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class NodeDeathTests
{
    public static TheoryData<Sandbox> Sandboxes => RealManager.Sandboxes;

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task When_a_node_is_killed_its_agents_and_workloads_end(Sandbox sandbox)
    {
        await RealManager.SkipUnlessAvailableAsync(RealManager.OptionsOf(sandbox));
        using var directory = new TempDirectory();
        string marker = Guid.NewGuid().ToString("N");
        await using NodeProgram node = await NodeProgram.StartAsync(sandbox, directory["run"], 3, TestPrograms.Path("tree"), "children", marker);
        _ = await node.Lines.FirstAsync(line => line.StartsWith("line ready", StringComparison.Ordinal));
        LiveProcess[] processes = [.. node.Agents.SelectMany(LiveProcesses.With), .. LiveProcesses.With(marker).Where(process => process.Id != node.ProcessId)];
        Assert.True(processes.Length >= 4 + 3, string.Join('\n', processes.Select(process => process.ToString())));

        await node.KillAsync();

        await LiveProcesses.EndAsync(processes.Select(process => process.Identity));
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_start_removes_what_a_killed_node_left_and_touches_nothing_else(Sandbox sandbox)
    {
        await RealManager.SkipUnlessAvailableAsync(RealManager.OptionsOf(sandbox));
        using var directory = new TempDirectory();
        string run = directory["run"];
        await using NodeProgram living = await NodeProgram.StartAsync(sandbox, run, 1);
        string[] ofLiving = Directory.GetDirectories(run);
        await using NodeProgram killed = await NodeProgram.StartAsync(sandbox, run, 2);
        string left = Directory.GetDirectories(run).Except(ofLiving).Single();
        await killed.KillAsync();
        Assert.True(Directory.Exists(left));
        string leftCgroup = Path.Combine(HostCgroup.Root ?? "", Path.GetFileName(left));
        // What only looks like ours, and is not.
        string foreign = Directory.CreateDirectory(Path.Combine(run, "nex-foreign")).FullName;
        string file = Path.Combine(run, "nex-1-1-00000000-1");
        await File.WriteAllTextAsync(file, "a file");

        await using IProcessManager manager = ProcessManagerFactory.Create(RealManager.OptionsOf(sandbox) with { RunDirectory = run });
        await manager.StartAsync(new Testing.Recorders.DelegateRecorder()).Within();

        Assert.False(Directory.Exists(left));
        Assert.False(HostCgroup.Root is not null && Directory.Exists(leftCgroup));
        Assert.True(Directory.Exists(Assert.Single(ofLiving)));
        Assert.True(Directory.Exists(foreign));
        Assert.True(File.Exists(file));
        Assert.Single(LiveProcesses.With(living.Agents[0]), process => Path.GetFileName(process.Arguments[0]) == "nex-agent");
    }

    [Fact]
    public async Task An_agent_that_outlived_its_node_is_ended_by_the_next_start()
    {
        using var directory = new TempDirectory();
        string run = directory["run"];
        await using NodeProgram node = await NodeProgram.StartAsync(Sandbox.None, run, 1);
        string left = Directory.GetDirectories(run).Single();
        string agent = Path.Combine(left, node.Agents[0], "process");
        await node.KillAsync();
        await LiveProcesses.EndAsync(ProcessIdentity.TryParse(await File.ReadAllTextAsync(agent), out ProcessIdentity ended) ? [ended] : []);
        // In its place, one that does not end with its node; and one that has only the number of another.
        using TestProcess survivor = await TestProcess.StartAsync("tree", "stubborn");
        using TestProcess stranger = await TestProcess.StartAsync("tree", "stubborn");
        await File.WriteAllTextAsync(agent, survivor.Identity.ToString());
        string other = Directory.CreateDirectory(Path.Combine(left, "other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "process"), (stranger.Identity with { StartTime = stranger.Identity.StartTime - 1 }).ToString());
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(left, "half")).FullName, "process"), "12");

        await using IProcessManager manager = ProcessManagerFactory.Create(RealManager.OptionsOf(Sandbox.None) with { RunDirectory = run });
        await manager.StartAsync(new Testing.Recorders.DelegateRecorder()).Within();

        Assert.False(Directory.Exists(left));
        Assert.False(survivor.Identity.IsAlive);
        Assert.True(stranger.Identity.IsAlive);
    }
}
