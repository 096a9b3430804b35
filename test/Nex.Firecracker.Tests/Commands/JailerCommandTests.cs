using Nex.Firecracker.Commands;

namespace Nex.Firecracker.Tests.Commands;

public sealed class JailerCommandTests
{
    private static readonly JailerCommand Least = new()
    {
        Firecracker = new FirecrackerCommand { Id = "vm-1", ApiSocket = "/run/api.sock", BootTimer = true },
        ExecFile = "/usr/bin/firecracker",
        Uid = 10_001,
        Gid = 10_002,
    };

    [Fact]
    public void The_least() => Assert.Equal(
        [
            "--id", "vm-1", "--exec-file", "/usr/bin/firecracker", "--uid", "10001", "--gid", "10002", "--chroot-base-dir", "/srv/jailer",
            "--cgroup-version", "2", "--", "--api-sock", "/run/api.sock", "--boot-timer",
        ],
        Least.ToArguments());

    [Fact]
    public void Everything()
    {
        JailerCommand command = Least with
        {
            ChrootBaseDirectory = "/run/nex/jails",
            Cgroups = [new("memory.max", "268435456"), new("cpu.max", "50000 100000")],
            ParentCgroup = "nex/agents",
            NetworkNamespace = "/run/netns/one",
            MaxOpenFiles = 1024,
            MaxFileBytes = 250_000_000,
            NewPidNamespace = true,
        };

        Assert.Equal(
            [
                "--id", "vm-1", "--exec-file", "/usr/bin/firecracker", "--uid", "10001", "--gid", "10002", "--chroot-base-dir", "/run/nex/jails",
                "--cgroup-version", "2", "--cgroup", "memory.max=268435456", "--cgroup", "cpu.max=50000 100000", "--parent-cgroup", "nex/agents",
                "--netns", "/run/netns/one", "--resource-limit", "no-file=1024", "--resource-limit", "fsize=250000000", "--new-pid-ns",
                "--", "--api-sock", "/run/api.sock", "--boot-timer",
            ],
            command.ToArguments());
    }

    [Fact]
    public void What_it_makes_has_its_place()
    {
        JailerCommand command = Least with { ChrootBaseDirectory = "/jails", ExecFile = "/opt/firecracker-1.16" };

        Assert.Equal("/jails/firecracker-1.16/vm-1", command.JailDirectory);
        Assert.Equal("/jails/firecracker-1.16/vm-1/root", command.RootDirectory);
        Assert.Equal("/jails/firecracker-1.16/vm-1/root/run/api.sock", command.ApiSocketOnHost);
        Assert.Equal("/jails/firecracker-1.16/vm-1/root/firecracker-1.16.pid", command.ProcessIdFile);
        Assert.Equal("/jails/firecracker-1.16/vm-1/root/vmlinux", command.OnHost("/vmlinux"));
    }

    [Fact]
    public void It_has_a_cgroup_of_its_own_where_it_has_limits()
    {
        KeyValuePair<string, string>[] limits = [new("pids.max", "64")];

        Assert.Null(Least.Cgroup);
        Assert.Equal("firecracker/vm-1", (Least with { Cgroups = limits }).Cgroup);
        Assert.Equal("nex/agents/vm-1", (Least with { Cgroups = limits, ParentCgroup = "nex/agents" }).Cgroup);
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        string message = FaultOf(new JailerCommand
        {
            Firecracker = new FirecrackerCommand { Id = "a/b", ApiSocket = "api.sock" },
            ExecFile = "firecracker",
            Uid = 1,
            Gid = 1,
            ChrootBaseDirectory = "jails",
            ParentCgroup = "../nex",
            NetworkNamespace = "netns",
            MaxOpenFiles = 0,
            MaxFileBytes = 0,
            Cgroups = [new("../memory.max", "1"), new("memory.max", ""), new("io.max", "8:0 rbps=1"), new("a=b", "1")],
        });

        Assert.All(
            ["Id ", "ApiSocket ", "ExecFile ", "ChrootBaseDirectory ", "ParentCgroup ", "NetworkNamespace ", "MaxOpenFiles ", "MaxFileBytes ", "'../memory.max'", "for memory.max", "for io.max", "'a=b'"],
            option => Assert.Contains(option, message));
    }

    [Theory]
    [InlineData("/usr/bin/cloud-hypervisor")]
    [InlineData("/opt/firecracker/")]
    [InlineData("/opt/firecracker/vmm")]
    public void It_starts_Firecracker_and_nothing_else(string program) =>
        Assert.Contains("ExecFile must have 'firecracker' in its name", FaultOf(Least with { ExecFile = program }));

    [Theory]
    [InlineData("/nex")]
    [InlineData("nex/")]
    [InlineData("nex//agents")]
    [InlineData("./nex")]
    [InlineData("")]
    public void A_cgroup_is_below_the_root_of_the_hierarchy(string parent) =>
        Assert.Contains("ParentCgroup", FaultOf(Least with { ParentCgroup = parent }));

    private static string FaultOf(JailerCommand command)
    {
        var failure = Assert.Throws<FirecrackerException>(command.ToArguments);
        Assert.Equal(FirecrackerFailure.InvalidRequest, failure.Failure);
        return failure.Message;
    }
}
