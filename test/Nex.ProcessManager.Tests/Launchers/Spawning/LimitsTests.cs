using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class LimitsTests
{
    public static TheoryData<Sandbox> Sandboxes => RealManager.Sandboxes;

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_limit_that_the_host_cannot_apply_is_refused_before_an_agent_is_taken(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartWithoutCgroupsAsync(RealManager.OptionsOf(sandbox));
        var request = new DeployRequest { Name = "limited", Limits = new WorkloadLimits { MemoryBytes = 64 * 1024 * 1024, Cpus = 1 } };

        ProcessManagerException failure = await PoolTest.FailsAsync(
            ProcessManagerError.LimitsUnavailable, () => host.Manager.PrepareNextWorkloadAsync(request).AsTask());

        Assert.Equal(
            "This host cannot limit memory and cpu: that needs cgroup version 2 with these controllers, delegated to the node (with systemd: Delegate=yes). Ask for no such limit, or choose another node.",
            failure.Message);
        Assert.Equal((1, 0), (host.Manager.Status.Warm, host.Manager.Status.Prepared));
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Processes_are_counted_without_a_cgroup_inside_namespaces_only(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartWithoutCgroupsAsync(RealManager.OptionsOf(sandbox));
        var request = new DeployRequest { Name = "limited", Limits = new WorkloadLimits { Pids = 10 } };

        if (sandbox == Sandbox.Namespaces)
        {
            Assert.NotNull(host.Manager.Lookup(await host.Manager.PrepareNextWorkloadAsync(request).Within()));
        }
        else
        {
            _ = await PoolTest.FailsAsync(ProcessManagerError.LimitsUnavailable, () => host.Manager.PrepareNextWorkloadAsync(request).AsTask());
        }
    }

    [Fact]
    public async Task A_host_without_cgroups_is_told_of_with_what_that_means()
    {
        await using RealManager host = await RealManager.StartWithoutCgroupsAsync(RealManager.OptionsOf(Sandbox.None));

        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains("Agents have no cgroups", StringComparison.Ordinal) && line.Text.Contains(RealManager.NoCgroup, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Limits_of_memory_and_processors_are_applied_where_the_host_can(Sandbox sandbox)
    {
        CgroupTree? tree = CgroupTree.TryCreate(HostCgroup.Require(), InstanceName.Create(), out _);
        bool able = tree is not null && tree.Controllers.IsSupersetOf(["memory", "cpu", "pids"]);
        tree?.Remove();
        Assert.SkipUnless(able, "This host delegates no controllers of memory, processors and processes.");
        await using RealManager host = await RealManager.StartAsync(RealManager.OptionsOf(sandbox) with { CgroupParent = HostCgroup.Root });

        RealWorkload workload = await host.DeployAsync(
            new DeployRequest { Name = "limited", Argv = ["polite"], Limits = new WorkloadLimits { MemoryBytes = 64 * 1024 * 1024, Cpus = 0.5, Pids = 30 } }, "tree");
        _ = await workload.NumberAsync("ready");

        string cgroup = Directory.EnumerateDirectories(HostCgroup.Root!, workload.Id, SearchOption.AllDirectories).Single();
        Assert.Equal("67108864", (await File.ReadAllTextAsync(Path.Combine(cgroup, "memory.max"))).Trim());
        Assert.Equal("50000 100000", (await File.ReadAllTextAsync(Path.Combine(cgroup, "cpu.max"))).Trim());
        Assert.Contains("populated 1", await File.ReadAllTextAsync(Path.Combine(cgroup, "cgroup.events")), StringComparison.Ordinal);
    }
}
