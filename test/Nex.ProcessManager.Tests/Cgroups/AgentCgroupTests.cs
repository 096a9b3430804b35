using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Cgroups;

public sealed class AgentCgroupTests
{
    private static readonly HashSet<string> All = ["cpu", "memory", "pids"];
    private static readonly WorkloadLimits Limits = new() { Cpus = 1.5, MemoryBytes = 64 * 1024 * 1024, Pids = 20 };

    [Fact]
    public void Limits_are_written_as_the_kernel_reads_them()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["memory.swap.max"], "max");

        new AgentCgroup(directory.Path, All).Apply(Limits);

        Assert.Equal("150000 100000", File.ReadAllText(directory["cpu.max"]));
        Assert.Equal("67108864", File.ReadAllText(directory["memory.max"]));
        Assert.Equal("0", File.ReadAllText(directory["memory.swap.max"]));
        Assert.Equal("20", File.ReadAllText(directory["pids.max"]));
    }

    [Theory]
    [InlineData(0.5, "50000 100000")]
    [InlineData(0.01, "1000 100000")]
    [InlineData(0.000001, "1000 100000")]
    [InlineData(64, "6400000 100000")]
    public void A_number_of_processors_becomes_a_share_that_the_kernel_accepts(double cpus, string written)
    {
        using var directory = new TempDirectory();

        new AgentCgroup(directory.Path, All).Apply(new WorkloadLimits { Cpus = cpus });

        Assert.Equal(written, File.ReadAllText(directory["cpu.max"]));
        Assert.Equal(["cpu.max"], Directory.EnumerateFiles(directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_limit_without_a_controller_is_not_written()
    {
        using var directory = new TempDirectory();
        var cgroup = new AgentCgroup(directory.Path, new HashSet<string> { "pids" });

        cgroup.Apply(Limits);

        Assert.Equal(["pids.max"], Directory.EnumerateFiles(directory.Path).Select(Path.GetFileName));
        Assert.True(cgroup.CanApplyAny(Limits));
        Assert.False(cgroup.CanApplyAny(Limits with { Pids = null }));
        Assert.False(cgroup.CanApplyAny(new WorkloadLimits()));
    }

    [Fact]
    public void Each_limit_needs_its_controller()
    {
        Assert.Equal(["cpu", "memory", "pids"], AgentCgroup.Needed(Limits).Order());
        Assert.Equal(["memory"], AgentCgroup.Needed(new WorkloadLimits { MemoryBytes = 1 }));
        Assert.Empty(AgentCgroup.Needed(new WorkloadLimits()));
    }

    [Fact]
    public async Task A_tree_of_processes_in_whatever_sessions_is_killed_and_the_cgroup_removed()
    {
        string path = Path.Combine(HostCgroup.Require(), $"nex-test-{Guid.NewGuid():N}");
        string marker = Guid.NewGuid().ToString("N");
        var cgroup = new AgentCgroup(path, new HashSet<string>());
        cgroup.Create();
        // A shell that joins first, and becomes the tree then.
        using TestProcess process = await TestProcess.RunAsync("/bin/sh", "-c", $"echo $$ > {path}/cgroup.procs; exec {TestPrograms.Path("tree")} children {marker}");
        IReadOnlyList<LiveProcess> tree = LiveProcesses.With(marker);
        Assert.Equal(3, tree.Count);

        await Task.Run(cgroup.KillAndRemove).Within();

        await LiveProcesses.EndAsync(tree.Select(member => member.Identity));
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task Cgroups_that_a_workload_made_below_are_removed_too()
    {
        string path = Path.Combine(HostCgroup.Require(), $"nex-test-{Guid.NewGuid():N}");
        var cgroup = new AgentCgroup(path, new HashSet<string>());
        string inner = Directory.CreateDirectory(Path.Combine(path, "a", "b")).FullName;
        using TestProcess process = await TestProcess.StartAsync("tree", "stubborn");
        await File.WriteAllTextAsync(Path.Combine(inner, "cgroup.procs"), $"{process.Identity.ProcessId}");

        await Task.Run(cgroup.KillAndRemove).Within();

        await LiveProcesses.EndAsync(process.Identity);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task A_process_that_has_ended_is_not_added()
    {
        string path = Path.Combine(HostCgroup.Require(), $"nex-test-{Guid.NewGuid():N}");
        var cgroup = new AgentCgroup(path, new HashSet<string>());
        cgroup.Create();
        using TestProcess process = await TestProcess.StartAsync("tree", "stubborn");
        Assert.True(cgroup.TryAdd(process.Identity.ProcessId));
        Assert.True(process.Identity.TryKill());
        _ = await process.Exited.Within();

        Assert.False(cgroup.TryAdd(process.Identity.ProcessId));

        cgroup.KillAndRemove();
    }
}
