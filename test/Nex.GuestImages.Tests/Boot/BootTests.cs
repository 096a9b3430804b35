using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Boot;

/// <summary>Boots images in QEMU. Without KVM a boot takes some seconds.</summary>
[Collection(RealKernel.Collection)]
public sealed class BootTests : ImageTest
{
    private readonly RealKernel _real;

    public BootTests(RealKernel real)
    {
        _real = real;
        HostTools.Require("qemu-system-x86_64", "qemu-system-x86");
    }

    [Theory]
    [InlineData(GuestImageCompression.None)]
    [InlineData(GuestImageCompression.Gzip)]
    public async Task A_guest_starts_from_an_initramfs_and_runs_a_dynamically_linked_program(GuestImageCompression compression)
    {
        GuestKernel kernel = _real.Require();
        GuestImage image = await BuildAsync(await GuestAsync() with { Compression = compression });

        string console = await BootAsync(kernel, image);

        Assert.Contains("hello: the square root of 2 is 1.414", console, StringComparison.Ordinal);
        Assert.Contains("guest: up from memory", console, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GuestImageFormat.Ext4)]
    [InlineData(GuestImageFormat.Squashfs)]
    public async Task A_guest_loads_the_modules_that_it_needs_to_go_on_from_a_disk(GuestImageFormat format)
    {
        GuestKernel kernel = _real.Require();
        HostTools.Require("mke2fs", "e2fsprogs");
        HostTools.Require("mksquashfs", "squashfs-tools");
        GuestImageOptions guest = await GuestAsync();
        GuestImage first = await BuildAsync(guest with { Files = [], Kernel = kernel });
        GuestImage disk = await BuildAsync(guest with { Output = PathOf("disk"), Format = format });

        string console = await BootAsync(
            kernel, first, $"nexroot={format.ToString().ToLowerInvariant()}",
            "-drive", $"file={disk.Path},format=raw,if=none,id=disk,readonly=on", "-device", "virtio-blk-device,drive=disk");

        Assert.Contains("hello: the square root of 2 is 1.414", console, StringComparison.Ordinal);
        Assert.Contains("guest: up from the disk", console, StringComparison.Ordinal);
    }

    private static async Task<string> BootAsync(GuestKernel kernel, GuestImage image, string parameters = "", params string[] devices)
    {
        string[] machine =
        [
            "-M", "microvm,acpi=on,rtc=on,pit=on,pic=on,x-option-roms=off,isa-serial=on", "-accel", "tcg", "-cpu", "max", "-m", "256",
            "-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-serial", "stdio",
        ];

        // Without the first two a kernel never ends measuring its clock where the processor is emulated.
        string commandLine = $"lpj=4000000 tsc_early_khz=2000000 console=ttyS0 reboot=t panic=-1 quiet loglevel=1 {parameters}";
        return await HostTools.RunAsync(
            "qemu-system-x86_64", [.. machine, "-kernel", kernel.CompressedImage, "-initrd", image.Path, "-append", commandLine, .. devices]);
    }

    // A guest's first process, and a workload.
    private async Task<GuestImageOptions> GuestAsync()
    {
        string init = await Compiler.CompileAsync(await SourceAsync("init.c"), PathOf("init"), "-static");
        string hello = await Compiler.CompileAsync(await SourceAsync("hello.c"), PathOf("hello"), "-lm");
        return Options() with { Agent = init, Files = [new("/bin/hello", hello)] };
    }

    private static Task<string> SourceAsync(string name) => File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Boot", "Guests", name));
}
