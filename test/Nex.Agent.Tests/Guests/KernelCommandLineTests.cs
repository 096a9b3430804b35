using Nex.Agent.Guests;

namespace Nex.Agent.Tests.Guests;

public sealed class KernelCommandLineTests
{
    [Fact]
    public void What_the_node_says_is_found_among_what_is_the_kernels()
    {
        var line = KernelCommandLine.Parse("console=ttyS0 quiet nex.link=vsock:5000 nex.workspace=67108864 nex.root=squashfs:/dev/vda panic=-1\n");

        Assert.Equal(new KernelCommandLine { Link = "vsock:5000", WorkspaceBytes = 67108864, RootDisk = "squashfs:/dev/vda" }, line);
    }

    [Fact]
    public void Without_more_the_root_is_the_initramfs() =>
        Assert.Equal(new KernelCommandLine { Link = "virtio-serial:port" }, KernelCommandLine.Parse("nex.link=virtio-serial:port"));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("much")]
    public void A_size_that_is_none_is_left_out(string size) =>
        Assert.Null(KernelCommandLine.Parse($"nex.link=vsock:1 nex.workspace={size}").WorkspaceBytes);

    [Fact]
    public void A_machine_without_a_link_says_what_is_missing() =>
        Assert.Contains("nex.link", Assert.Throws<IOException>(() => KernelCommandLine.Parse("console=ttyS0 quiet")).Message, StringComparison.Ordinal);
}
