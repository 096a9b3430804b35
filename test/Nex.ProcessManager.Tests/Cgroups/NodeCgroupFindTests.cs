using Nex.ProcessManager.Cgroups;

namespace Nex.ProcessManager.Tests.Cgroups;

public sealed class NodeCgroupFindTests
{
    [Theory]
    [InlineData("0::/system.slice/nex-node.service", "/", "/sys/fs/cgroup/system.slice/nex-node.service")]
    [InlineData("0::/system.slice/nex-node.service/nex-node", "/", "/sys/fs/cgroup/system.slice/nex-node.service")]
    [InlineData("0::/", "/", "/sys/fs/cgroup")]
    [InlineData("0::/docker/0123", "/docker/0123", "/sys/fs/cgroup")]
    [InlineData("0::/docker/0123/nex-node", "/docker/0123", "/sys/fs/cgroup")]
    public void The_cgroup_of_the_node_is_found_wherever_it_has_moved(string own, string root, string path) => Assert.Equal(
        path,
        NodeCgroup.Find(["4:memory:/elsewhere", own], ["21 1 0:5 / /proc rw - proc proc rw", $"30 24 0:26 {root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw"]));

    [Fact]
    public void Without_version_2_there_is_none()
    {
        Assert.Null(NodeCgroup.Find(["4:memory:/elsewhere"], ["30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"]));
        Assert.Null(NodeCgroup.Find(["0::/"], ["21 1 0:5 / /proc rw - proc proc rw"]));
    }
}
