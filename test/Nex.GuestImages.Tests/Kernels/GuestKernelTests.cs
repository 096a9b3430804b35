using Nex.GuestImages.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Kernels;

public sealed class GuestKernelTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Target => _directory["kernel"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_package_becomes_a_directory_with_all_that_a_machine_boots_from()
    {
        var package = new TestPackage();

        GuestKernel kernel = await UnpackAsync(package);

        Assert.Equal(Target, kernel.Directory);
        Assert.Equal(TestPackage.Release, kernel.Release);
        Assert.Equal(await package.BzImageAsync(), await File.ReadAllBytesAsync(Path.Combine(Target, "vmlinuz")));
        Assert.Equal(package.Kernel, await File.ReadAllBytesAsync(Path.Combine(Target, "vmlinux")));
        Assert.Equal("CONFIG_64BIT=y\n", await File.ReadAllTextAsync(Path.Combine(Target, "config")));
        Assert.Equal(TestPackage.Release + "\n", await File.ReadAllTextAsync(Path.Combine(Target, "release")));
        Assert.Equal(["config", "modules", "origin", "release", "vmlinux", "vmlinuz"], Names(Target));
        Assert.Equal(["kernel", "package.deb"], Names(_directory.Path));
    }

    [Theory]
    [InlineData(Packing.None)]
    [InlineData(Packing.Gzip)]
    [InlineData(Packing.Xz)]
    [InlineData(Packing.Zstandard)]
    [InlineData(Packing.Lz4)]
    public async Task The_kernel_may_be_compressed_in_any_of_these_ways(Packing packing)
    {
        // More than one block of LZ4, and bytes that are not all alike.
        byte[] elf = [.. TestElf.Random(50_000), .. new byte[9_000_000]];
        var package = new TestPackage { KernelPacking = packing, Kernel = elf };

        GuestKernel kernel = await UnpackAsync(package);

        Assert.Equal(elf, await File.ReadAllBytesAsync(kernel.Image));
    }

    [Theory]
    [InlineData(Packing.None)]
    [InlineData(Packing.Gzip)]
    [InlineData(Packing.Xz)]
    [InlineData(Packing.Zstandard)]
    public async Task The_package_may_be_compressed_in_any_of_these_ways(Packing packing)
    {
        GuestKernel kernel = await UnpackAsync(new TestPackage { DataPacking = packing });

        Assert.Equal(TestPackage.Release, kernel.Release);
    }

    [Theory]
    [InlineData(Packing.Gzip)]
    [InlineData(Packing.Xz)]
    [InlineData(Packing.Zstandard)]
    public async Task Modules_are_decompressed(Packing packing)
    {
        GuestKernel kernel = await UnpackAsync(new TestPackage { ModulePacking = packing });

        byte[] module = await File.ReadAllBytesAsync(Path.Combine(kernel.ModulesDirectory, "virtio_mmio.ko"));
        Assert.Equal(TestElf.Module("depends=virtio-ring"), module);
    }

    [Fact]
    public async Task A_second_run_changes_nothing()
    {
        _ = await UnpackAsync(new TestPackage());
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(Target, "vmlinux"));
        DateTime moved = Directory.GetLastWriteTimeUtc(_directory.Path);

        var options = new GuestKernelOptions { Directory = Target, PackageFile = _directory["package.deb"] };
        GuestKernel again = await GuestKernel.UnpackAsync(options).Within();

        Assert.Equal(TestPackage.Release, again.Release);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(Target, "vmlinux")));
        Assert.Equal(moved, Directory.GetLastWriteTimeUtc(_directory.Path));
    }

    [Fact]
    public async Task A_package_that_was_fetched_is_not_looked_for_again()
    {
        _ = await UnpackAsync(new TestPackage());
        string origin = Path.Combine(Target, "origin");
        await File.WriteAllTextAsync(
            origin, (await File.ReadAllTextAsync(origin)).Replace("package=\n", "package=linux-image-of-nobody\n", StringComparison.Ordinal));

        // Without what is there already, this would fail: apt knows no such package.
        GuestKernel kernel = await GuestKernel.UnpackAsync(new GuestKernelOptions { Directory = Target, Package = "linux-image-of-nobody" }).Within();

        Assert.Equal(TestPackage.Release, kernel.Release);
    }

    [Fact]
    public async Task A_package_that_apt_does_not_know_is_told()
    {
        HostTools.Require("apt-cache", "apt");
        var options = new GuestKernelOptions { Directory = Target, Package = "linux-image-of-nobody" };

        var failure = await Assert.ThrowsAsync<GuestImageException>(() => GuestKernel.UnpackAsync(options).Within());

        Assert.Equal(GuestImageError.UnknownPackage, failure.Error);
        Assert.Contains("apt-get update", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Names(_directory.Path));
    }

    [Fact]
    public async Task Another_package_takes_the_place_of_the_one_before()
    {
        _ = await UnpackAsync(new TestPackage());

        GuestKernel other = await UnpackAsync(new TestPackage { Kernel = TestElf.Plain(500) }, "other.deb");

        Assert.Equal(500, new FileInfo(other.Image).Length);
        Assert.Equal(["kernel", "other.deb", "package.deb"], Names(_directory.Path));
    }

    [Fact]
    public async Task Other_modules_are_unpacked_when_others_are_wanted()
    {
        _ = await UnpackAsync(new TestPackage());
        var options = new GuestKernelOptions { Directory = Target, PackageFile = _directory["package.deb"], Modules = ["virtio_ring"] };

        GuestKernel kernel = await GuestKernel.UnpackAsync(options, CancellationToken.None).Within();

        Assert.Equal(["virtio_ring"], kernel.Modules);
    }

    [Fact]
    public async Task An_empty_directory_is_taken()
    {
        _ = Directory.CreateDirectory(Target);

        Assert.Equal(TestPackage.Release, (await UnpackAsync(new TestPackage())).Release);
    }

    [Fact]
    public async Task A_separator_at_the_end_of_the_directory_makes_no_difference()
    {
        string package = await new TestPackage().WriteAsync(_directory["package.deb"]);

        GuestKernel kernel = await GuestKernel.UnpackAsync(new GuestKernelOptions { Directory = Target + "/", PackageFile = package }).Within();

        Assert.Equal(Target, kernel.Directory);
        Assert.Equal(["kernel", "package.deb"], Names(_directory.Path));
    }

    [Fact]
    public async Task A_directory_with_something_else_in_it_is_left_alone()
    {
        _ = Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "thesis.txt"), "ten years of work");

        GuestImageException refused = await RefusedAsync(new TestPackage());

        Assert.Equal(GuestImageError.OutputFailed, refused.Error);
        Assert.Equal(["thesis.txt"], Names(Target));
    }

    [Fact]
    public async Task Runs_at_the_same_time_all_get_a_whole_kernel()
    {
        string package = await new TestPackage().WriteAsync(_directory["package.deb"]);
        var options = new GuestKernelOptions { Directory = Target, PackageFile = package };

        GuestKernel[] kernels = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => GuestKernel.UnpackAsync(options)))).Within();

        Assert.All(kernels, kernel => Assert.Equal(TestPackage.Release, kernel.Release));
        Assert.Equal(["kernel", "package.deb"], Names(_directory.Path));
    }

    [Fact]
    public async Task A_cancelled_run_leaves_nothing()
    {
        string package = await new TestPackage().WriteAsync(_directory["package.deb"]);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GuestKernel.UnpackAsync(
            new GuestKernelOptions { Directory = Target, PackageFile = package }, cancelled.Token).Within());

        Assert.Equal(["package.deb"], Names(_directory.Path));
    }

    [Fact]
    public void A_directory_without_a_kernel_says_how_to_make_one()
    {
        var failure = Assert.Throws<GuestImageException>(() => GuestKernel.Open(_directory.Path));

        Assert.Equal(GuestImageError.NoKernel, failure.Error);
        Assert.Contains("nex kernel --output", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("release")]
    [InlineData("vmlinux")]
    [InlineData("modules/load-order")]
    public async Task A_directory_from_which_something_was_removed_is_no_kernel(string file)
    {
        _ = await UnpackAsync(new TestPackage());
        File.Delete(Path.Combine(Target, file));

        Assert.Equal(GuestImageError.NoKernel, Assert.Throws<GuestImageException>(() => GuestKernel.Open(Target)).Error);
    }

    private async Task<GuestKernel> UnpackAsync(TestPackage package, string name = "package.deb")
    {
        string file = await package.WriteAsync(_directory[name]);
        return await GuestKernel.UnpackAsync(new GuestKernelOptions { Directory = Target, PackageFile = file }).Within();
    }

    private Task<GuestImageException> RefusedAsync(TestPackage package) =>
        Assert.ThrowsAsync<GuestImageException>(() => UnpackAsync(package));

    private static IEnumerable<string?> Names(string directory) =>
        Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
