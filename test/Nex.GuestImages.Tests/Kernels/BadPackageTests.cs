using Nex.GuestImages.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Kernels;

public sealed class BadPackageTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_package_that_does_not_exist_is_named() =>
        await RefusesAsync(_directory["none.deb"], GuestImageError.Unreadable, "none.deb");

    [Fact]
    public async Task A_file_that_is_no_package_is_refused()
    {
        await File.WriteAllTextAsync(_directory["package.deb"], "a text, and no package");

        await RefusesAsync(_directory["package.deb"], GuestImageError.NotAKernelPackage, "no Debian package");
    }

    [Fact]
    public async Task A_package_without_a_kernel_is_refused()
    {
        var package = new TestPackage { Change = files => files.Remove($"./boot/vmlinuz-{TestPackage.Release}") };

        await RefusesAsync(package, GuestImageError.NotAKernelPackage, "no Linux kernel");
    }

    [Fact]
    public async Task A_kernel_for_another_kind_of_machine_is_refused()
    {
        var package = new TestPackage { Change = files => files[$"./boot/vmlinuz-{TestPackage.Release}"] = new byte[5000] };

        await RefusesAsync(package, GuestImageError.NotABzImage, "linux-image-cloud-amd64");
    }

    [Fact]
    public async Task A_kernel_in_an_unknown_compression_is_refused()
    {
        // As lzop begins.
        var package = new TestPackage { KernelPacking = Packing.None, Kernel = [0x89, 0x4c, 0x5a, 0x4f, 0, 0, 0, 0, 0, 0] };

        await RefusesAsync(package, GuestImageError.UnknownCompression, "894c5a4f");
    }

    [Fact]
    public async Task A_kernel_of_another_size_than_it_says_is_refused() =>
        await RefusesAsync(new TestPackage { ClaimedKernelSize = 99_999 }, GuestImageError.Damaged, "99999");

    [Fact]
    public async Task A_kernel_that_is_no_program_is_refused() =>
        await RefusesAsync(new TestPackage { Kernel = new byte[1000] }, GuestImageError.Damaged, "ELF");

    [Theory]
    [InlineData(Packing.Gzip)]
    [InlineData(Packing.Xz)]
    [InlineData(Packing.Zstandard)]
    [InlineData(Packing.Lz4)]
    public async Task A_kernel_whose_compressed_bytes_are_damaged_is_refused(Packing packing)
    {
        byte[] image = await new TestPackage { KernelPacking = packing }.BzImageAsync();
        image.AsSpan(2160, 40).Fill(0xff);

        await RefusesAsync(
            new TestPackage { Change = files => files[$"./boot/vmlinuz-{TestPackage.Release}"] = image }, GuestImageError.Damaged, "damaged");
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.99)]
    public async Task A_package_that_ends_too_early_is_refused(double part)
    {
        string file = await new TestPackage { DataPacking = Packing.Zstandard }.WriteAsync(_directory["package.deb"]);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..(int)(bytes.Length * part)]);

        await RefusesAsync(file, null, "deb");
    }

    // zstd is left out: packages have it without a checksum, so that damage may go unnoticed.
    [Theory]
    [InlineData(Packing.Gzip)]
    [InlineData(Packing.Xz)]
    public async Task A_package_whose_compressed_bytes_are_damaged_is_refused(Packing packing)
    {
        string file = await new TestPackage { DataPacking = packing }.WriteAsync(_directory["package.deb"]);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes.AsSpan(bytes.Length / 2, 1000).Fill(0xa5);
        await File.WriteAllBytesAsync(file, bytes);

        await RefusesAsync(file, GuestImageError.Damaged, "damaged");
    }

    [Fact]
    public async Task A_module_whose_needs_are_not_in_the_package_is_refused() => await RefusesAsync(
        new TestPackage { Modules = { ["drivers/virtio/virtio_blk.ko"] = ["depends=nowhere"] } }, GuestImageError.Damaged, "nowhere");

    [Fact]
    public async Task A_module_that_is_no_module_is_refused() => await RefusesAsync(
        new TestPackage { Change = files => files[$"./lib/modules/{TestPackage.Release}/kernel/bad.ko"] = [1, 2, 3] }, GuestImageError.Damaged, "bad");

    private async Task RefusesAsync(TestPackage package, GuestImageError error, string hint) =>
        await RefusesAsync(await package.WriteAsync(_directory["package.deb"]), error, hint);

    private async Task RefusesAsync(string file, GuestImageError? error, string hint)
    {
        var options = new GuestKernelOptions { Directory = _directory["kernel"], PackageFile = file };

        var refused = await Assert.ThrowsAsync<GuestImageException>(() => GuestKernel.UnpackAsync(options).Within());

        Assert.Equal(error ?? refused.Error, refused.Error);
        Assert.Contains(hint, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_directory.Path), entry => entry != file);
    }
}
