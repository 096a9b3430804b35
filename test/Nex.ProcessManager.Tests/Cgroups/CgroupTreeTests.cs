using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Cgroups;

public sealed class CgroupTreeTests : IDisposable
{
    /// <summary>Where tests make cgroups: managers that start elsewhere on this host do not look there.</summary>
    private readonly string _parent = Path.Combine(HostCgroup.Root ?? "/nowhere", $"nex-test-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_parent))
        {
            AgentCgroup.RemoveEmpty(_parent);
        }
    }

    [Fact]
    public void Where_there_is_no_such_directory_there_is_a_reason()
    {
        using var directory = new TempDirectory();

        Assert.Null(CgroupTree.TryCreate(directory["nowhere"], InstanceName.Create(), out string reason));

        Assert.Contains(directory["nowhere"], reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_must_be_one_there_is_one_or_a_failure_that_names_the_remedy()
    {
        using var directory = new TempDirectory();

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(
            () => CgroupTree.Open(directory.Path, null, InstanceName.Create(), _ => Assert.Fail("It is not only told.")));

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Contains(directory.Path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("CgroupParent", failure.Message, StringComparison.Ordinal);
        CgroupTree tree = Assert.IsType<CgroupTree>(CgroupTree.Open(RequireParent(), null, InstanceName.Create(), _ => Assert.Fail("There is one.")));
        tree.Remove();
    }

    [Fact]
    public void A_directory_that_is_no_cgroup_is_left_as_it_was()
    {
        using var directory = new TempDirectory();

        Assert.Null(CgroupTree.TryCreate(directory.Path, InstanceName.Create(), out string reason));

        Assert.Contains("cgroup.controllers", reason, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Theory]
    [InlineData("cpuset cpu io memory hugetlb pids rdma misc\n", "cpu memory pids")]
    [InlineData("memory pids\n", "memory pids")]
    [InlineData("hugetlb\n", "")]
    [InlineData("\n", "")]
    [InlineData("", "")]
    [InlineData("  memory\n\n pids ", "memory pids")]
    [InlineData("cpus memorypids", "")]
    public void The_controllers_that_are_asked_for_are_those_that_there_are(string available, string asked)
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["cgroup.controllers"], available);
        File.WriteAllText(directory["cgroup.subtree_control"], "");

        // A file system that is not the kernel's makes no files in a new directory: it ends there.
        Assert.Null(CgroupTree.TryCreate(directory.Path, InstanceName.Create(), out _));

        // Each write replaces what a plain file holds, so the last controller stands there.
        Assert.Equal(asked.Length == 0 ? "" : "+" + asked.Split(' ')[^1], File.ReadAllText(directory["cgroup.subtree_control"]));
        Assert.Equal(["cgroup.controllers", "cgroup.subtree_control"], Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_tree_is_made_and_removed_on_the_host()
    {
        string parent = RequireParent();
        var instance = InstanceName.Create();

        CgroupTree tree = Assert.IsType<CgroupTree>(CgroupTree.TryCreate(parent, instance, out string reason));
        Assert.Equal("", reason);
        AgentCgroup agent = tree.ForAgent("agent");
        agent.Create();
        Assert.True(Directory.Exists(Path.Combine(parent, instance.ToString(), "agent")));
        agent.KillAndRemove();
        agent.KillAndRemove();
        tree.Remove();

        Assert.False(Directory.Exists(Path.Combine(parent, instance.ToString())));
    }

    [Fact]
    public async Task What_a_killed_manager_left_is_killed_and_removed()
    {
        string parent = RequireParent();
        var current = InstanceName.Create();
        string left = Path.Combine(parent, (current with { Owner = current.Owner with { StartTime = 1 } }).ToString());
        using TestProcess process = await TestProcess.StartAsync("tree", "stubborn");
        _ = Directory.CreateDirectory(Path.Combine(left, "agent"));
        await File.WriteAllTextAsync(Path.Combine(left, "agent", "cgroup.procs"), $"{process.Identity.ProcessId}");

        CgroupTree tree = Assert.IsType<CgroupTree>(CgroupTree.TryCreate(parent, current, out _));
        tree.Remove();

        await LiveProcesses.EndAsync(process.Identity);
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task Managers_that_start_at_the_same_time_all_get_their_tree()
    {
        string parent = RequireParent();
        var current = InstanceName.Create();
        for (int round = 0; round < 10; round++)
        {
            for (int number = 0; number < 10; number++)
            {
                InstanceName gone = current with { Owner = current.Owner with { StartTime = 1 }, Number = number };
                _ = Directory.CreateDirectory(Path.Combine(parent, gone.ToString(), "agent"));
            }

            using var together = new Barrier(4);
            (CgroupTree? Tree, string Reason)[] made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    CgroupTree? tree = CgroupTree.TryCreate(parent, InstanceName.Create(), out string reason);
                    return (tree, reason);
                },
                TaskCreationOptions.LongRunning))).Within();

            foreach ((CgroupTree? tree, string reason) in made)
            {
                Assert.True(tree is not null, reason);
                tree.Remove();
            }
        }

        Assert.Empty(Directory.EnumerateDirectories(parent));
    }

    private string RequireParent()
    {
        _ = HostCgroup.Require();
        return Directory.CreateDirectory(_parent).FullName;
    }
}
