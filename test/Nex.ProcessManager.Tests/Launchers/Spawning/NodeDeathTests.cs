using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class NodeDeathTests
{
    [Fact]
    public async Task An_agent_that_outlived_its_node_is_ended_by_the_next_start()
    {
        using var directory = new TempDirectory();
        string run = directory["run"];
        await using NodeProgram node = await NodeProgram.StartAsync(RealManager.OptionsOf(Sandbox.None), run, 1);
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
