using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Tests.Support;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Qemu;

public sealed class QemuCommandTests
{
    [Theory]
    [InlineData(4096, 1000, null, null, "throttle-group,id=limits,x-bps-total=4096")]
    [InlineData(1000, 250, null, null, "throttle-group,id=limits,x-bps-total=4000")]
    [InlineData(null, null, 50, 2000, "throttle-group,id=limits,x-iops-total=25")]
    [InlineData(1, 60_000, 10, 1000, "throttle-group,id=limits,x-bps-total=1,x-iops-total=10")]
    public void The_limits_of_a_disk_are_told_by_the_second(int? bytes, int? bytesMs, int? operations, int? operationsMs, string expected)
    {
        IReadOnlyList<string> arguments = ArgumentsFor(new RateLimiter { Bandwidth = Bucket(bytes, bytesMs), Operations = Bucket(operations, operationsMs) });

        Assert.Contains(expected, arguments);
        Assert.Contains("driver=throttle,node-name=limited,throttle-group=limits,file=raw,read-only=on", arguments);
        Assert.Contains("virtio-blk-device,drive=limited", arguments);
    }

    [Fact]
    public void A_disk_without_limits_is_read_as_it_is()
    {
        IReadOnlyList<string> arguments = ArgumentsFor(null);

        Assert.DoesNotContain(arguments, argument => argument.Contains("throttle", StringComparison.Ordinal));
        Assert.Contains("virtio-blk-device,drive=raw", arguments);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_disk_is_never_written_to(bool limited)
    {
        IReadOnlyList<string> arguments = ArgumentsFor(limited ? new RateLimiter { Bandwidth = Bucket(1, 1) } : null);

        Assert.All(arguments.Where(argument => argument.StartsWith("driver=", StringComparison.Ordinal)), node => Assert.Contains("read-only=on", node));
    }

    private static TokenBucket? Bucket(int? size, int? milliseconds) =>
        size is null ? null : new TokenBucket { Size = size.Value, RefillTime = TimeSpan.FromMilliseconds(milliseconds!.Value) };

    private static IReadOnlyList<string> ArgumentsFor(RateLimiter? limiter)
    {
        var host = new QemuHost { QemuPath = "qemu", Version = "", Accelerator = Accelerator.For(new KvmAccess()), AsMachineUser = ["setpriv"] };
        using var sockets = new QemuSockets();
        using SafeFileHandle disk = File.OpenHandle("/dev/null");
        return QemuCommand.Machine(host, RealManager.OptionsOf(Sandbox.Qemu), sockets, "test", memory: null, share: false).Disk(disk, limiter).Arguments;
    }
}
