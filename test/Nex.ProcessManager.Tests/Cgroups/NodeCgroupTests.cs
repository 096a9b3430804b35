using System.Diagnostics;
using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Support;

namespace Nex.ProcessManager.Tests.Cgroups;

/// <summary>What stands for the node here is a child of this process: to a cgroup, both are the same.</summary>
public sealed class NodeCgroupTests : IAsyncLifetime
{
    private readonly string _cgroup = Path.Combine(HostCgroup.Root ?? "/nowhere", $"nex-test-{Guid.NewGuid():N}");
    private readonly string _controller = HostCgroup.RequireSharedController();
    private TestProcess _node = null!;

    private string Below => Path.Combine(_cgroup, "nex-node");

    public async ValueTask InitializeAsync()
    {
        _node = await TestProcess.StartAsync("tree", "stubborn");
        _ = Directory.CreateDirectory(_cgroup);
        Put(_node.Identity.ProcessId, _cgroup);
    }

    public ValueTask DisposeAsync()
    {
        _node.Dispose();
        new AgentCgroup(_cgroup, new HashSet<string>()).KillAndRemove();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_node_that_stands_in_the_cgroup_that_was_delegated_to_it_makes_room_for_agents_and_returns()
    {
        _ = Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(_cgroup, "cgroup.subtree_control"), $"+{_controller}"));
        int[] before = Members(_cgroup);

        CgroupTree tree = Create();
        Assert.Equal([_controller], tree.Controllers);
        Assert.Empty(Members(_cgroup));
        Assert.Equal(before, Members(Below));

        tree.Remove();
        Assert.Equal(before, Members(_cgroup));
        Assert.Empty(Directory.EnumerateDirectories(_cgroup));
    }

    [Fact]
    public void The_last_of_the_managers_that_share_a_cgroup_returns()
    {
        int[] before = Members(_cgroup);
        CgroupTree first = Create(), second = Create();
        Assert.Equal([_controller], second.Controllers);

        first.Remove();
        Assert.Empty(Members(_cgroup));
        Assert.Contains(_controller, CgroupTree.Read(_cgroup, "cgroup.subtree_control"));

        second.Remove();
        Assert.Equal(before, Members(_cgroup));
        Assert.Empty(Directory.EnumerateDirectories(_cgroup));
    }

    [Fact]
    public void What_others_have_started_is_left_where_it_is_and_nothing_is_shared_out()
    {
        int stranger = StartStranger();
        Put(stranger, _cgroup);
        Assert.True(NodeCgroup.HasStrangers(_cgroup));
        int[] before = Members(_cgroup);

        CgroupTree tree = Create();

        Assert.Empty(tree.Controllers);
        Assert.Equal(before, Members(_cgroup));
        tree.Remove();
        Assert.Empty(Directory.EnumerateDirectories(_cgroup));
    }

    [Fact]
    public void A_process_that_came_of_this_one_is_no_stranger() => Assert.False(NodeCgroup.HasStrangers(_cgroup));

    private CgroupTree Create() => Assert.IsType<CgroupTree>(CgroupTree.TryCreate(_cgroup, InstanceName.Create(), out _, _controller));

    private static int[] Members(string cgroup) => [.. File.ReadAllLines(Path.Combine(cgroup, "cgroup.procs")).Select(int.Parse).Order()];

    private static void Put(int process, string cgroup) => File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), $"{process}");

    /// <summary>An orphan: nobody can tell any more who it came of.</summary>
    private static int StartStranger()
    {
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]) { RedirectStandardOutput = true })!;
        int stranger = int.Parse(shell.StandardOutput.ReadToEnd());
        shell.WaitForExit();
        return stranger;
    }
}
