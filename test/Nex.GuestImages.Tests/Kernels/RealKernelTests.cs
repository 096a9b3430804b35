using System.Text;
using Nex.GuestImages.Elf;
using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Kernels;

[Collection(RealKernel.Collection)]
public sealed class RealKernelTests(RealKernel real)
{
    [Fact]
    public async Task What_Firecracker_boots_is_the_kernel_that_QEMU_boots()
    {
        GuestKernel kernel = real.Require();
        byte[] compressed = await File.ReadAllBytesAsync(kernel.CompressedImage);
        byte[] image = await File.ReadAllBytesAsync(kernel.Image);

        Assert.True(ElfFile.IsElf(image));
        Assert.True(ElfFile.Read(kernel.Image)?.IsForThisMachine);
        Assert.True(image.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"Linux version {kernel.Release} (")) > 0);

        // The version that the header of the compressed kernel tells, from the distribution's own number on.
        int at = compressed.AsSpan().IndexOf(Encoding.ASCII.GetBytes(kernel.Release + " ("));
        string version = Encoding.ASCII.GetString(compressed, at, compressed.AsSpan(at).IndexOf((byte)0));
        string tail = version[version.IndexOf(" SMP", StringComparison.Ordinal)..];
        Assert.True(image.AsSpan().IndexOf(Encoding.ASCII.GetBytes(tail)) > 0, $"'{tail}' is not in the uncompressed kernel.");
    }

    [Fact]
    public void It_has_every_module_that_a_guest_may_need_or_has_it_built_in()
    {
        GuestKernel kernel = real.Require();

        Assert.Empty(kernel.MissingModules);
        Assert.Contains("virtio_mmio", kernel.Modules);
        Assert.Contains("vmw_vsock_virtio_transport", kernel.Modules);
        Assert.Equal(
            kernel.Modules.Select(name => name + ".ko").Append("load-order").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(kernel.ModulesDirectory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_module_stands_behind_all_that_it_needs()
    {
        GuestKernel kernel = real.Require();
        var lines = (await File.ReadAllLinesAsync(Path.Combine(kernel.ModulesDirectory, "load-order")))
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => words[1..], StringComparer.Ordinal);

        Assert.All(lines, line => Assert.All(line.Value, (dependency, position) =>
            Assert.Subset(line.Value[..position].ToHashSet(), lines[dependency].ToHashSet())));
        Assert.Equal(["virtio_ring", "virtio"], lines["virtio_mmio"]);
    }
}
