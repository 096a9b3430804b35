using System.IO.Compression;
using System.Security.Cryptography;
using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Formats;

public sealed class InitramfsTests : ImageTest
{
    private const uint Directory = 0x4000;
    private const uint Regular = 0x8000;

    [Fact]
    public async Task The_agent_is_the_first_process()
    {
        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options());

        CpioEntry init = entries.Single(entry => entry.Name == "init");
        Assert.Equal(Regular | Octal("755"), init.Mode);
        Assert.Equal(await File.ReadAllBytesAsync(Agent), init.Bytes);
    }

    [Fact]
    public async Task Everything_belongs_to_root_and_has_one_time()
    {
        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options());

        Assert.All(entries, entry => Assert.Equal((0u, 0u), (entry.User, entry.Group)));
        Assert.Single(entries.Select(entry => entry.Time).Distinct());
    }

    [Theory]
    [InlineData("dev", "755")]
    [InlineData("proc", "755")]
    [InlineData("sys", "755")]
    [InlineData("run", "755")]
    [InlineData("work", "755")]
    [InlineData("etc", "755")]
    [InlineData("lib/nex/modules", "755")]
    [InlineData("tmp", "1777")]
    public async Task The_directories_that_an_agent_needs_are_there(string name, string mode)
    {
        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options());

        Assert.Equal(Directory | Octal(mode), entries.Single(entry => entry.Name == name).Mode);
    }

    [Fact]
    public async Task Users_groups_and_names_can_be_looked_up_but_a_machine_has_no_identity_yet()
    {
        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options());

        Assert.StartsWith("root:x:0:0:", entries.Single(entry => entry.Name == "etc/passwd").Text, StringComparison.Ordinal);
        Assert.Contains("nogroup:x:65534:", entries.Single(entry => entry.Name == "etc/group").Text, StringComparison.Ordinal);
        Assert.Contains("hosts: files", entries.Single(entry => entry.Name == "etc/nsswitch.conf").Text, StringComparison.Ordinal);
        Assert.Equal("nex\n", entries.Single(entry => entry.Name == "etc/hostname").Text);
        Assert.DoesNotContain(entries, entry => entry.Name == "etc/machine-id");
    }

    [Fact]
    public async Task The_console_is_there_before_anything_is_mounted()
    {
        CpioEntry console = (await BuildAndReadAsync(Options())).Single(entry => entry.Name == "dev/console");

        Assert.Equal(0x2000 | Octal("600"), console.Mode);
        Assert.Equal((5u, 1u), console.Device);
    }

    [Fact]
    public async Task A_directory_comes_before_what_is_in_it()
    {
        _ = WriteFile("folder/a/b/c", "");
        _ = WriteFile("folder/a-b/c", "");
        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options() with { Folder = Folder });

        var seen = new HashSet<string>(StringComparer.Ordinal) { "" };
        Assert.All(entries, entry =>
        {
            Assert.Contains(Path.GetDirectoryName(entry.Name) ?? "", seen);
            Assert.True(seen.Add(entry.Name));
        });
    }

    [Fact]
    public async Task The_modules_of_the_kernel_are_in_it()
    {
        GuestKernel kernel = await KernelAsync();

        IReadOnlyList<CpioEntry> entries = await BuildAndReadAsync(Options() with { Kernel = kernel });

        Assert.Equal(
            ["load-order", "virtio_mmio.ko", "virtio_ring.ko"],
            entries.Where(entry => entry.Name.StartsWith("lib/nex/modules/", StringComparison.Ordinal)).Select(entry => Path.GetFileName(entry.Name)));
        Assert.Equal("virtio_mmio virtio_ring\nvirtio_ring\n", entries.Single(entry => entry.Name == "lib/nex/modules/load-order").Text);
    }

    [Fact]
    public async Task The_result_tells_what_was_written()
    {
        GuestImage image = await BuildAsync(Options());

        byte[] bytes = await File.ReadAllBytesAsync(image.Path);
        Assert.Equal(PathOf("image"), image.Path);
        Assert.Equal(bytes.Length, image.Size);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), image.Sha256);
        Assert.Equal(CpioArchive.Read(bytes).Skip(1).Select(entry => "/" + entry.Name), image.Entries.Select(entry => entry.Path));
        GuestImageEntry init = image.Entries.Single(entry => entry.Path == "/init");
        Assert.Equal((GuestImageEntryKind.File, 5000, Agent), (init.Kind, init.Size, init.Source));
    }

    [Fact]
    public async Task It_can_be_compressed()
    {
        GuestImage plain = await BuildAsync(Options());
        GuestImage compressed = await BuildAsync(Options() with { Compression = GuestImageCompression.Gzip, Output = PathOf("image.gz") });

        using var input = new GZipStream(File.OpenRead(compressed.Path), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes);
        Assert.Equal(await File.ReadAllBytesAsync(plain.Path), bytes.ToArray());
    }

    [Fact]
    public async Task Debians_cpio_unpacks_it()
    {
        HostTools.Require("cpio", "cpio");
        _ = WriteFile("folder/a name with spaces", "odd");
        GuestImage image = await BuildAsync(Options() with { Folder = Folder });

        string list = await HostTools.RunAsync("sh", ["-c", "cpio -itv < \"$0\"", image.Path]);

        Assert.Contains("-rwxr-xr-x   1 root     root         5000 Jan  1  2000 init", list, StringComparison.Ordinal);
        Assert.Contains("crw-------   1 root     root       5,   1 Jan  1  2000 dev/console", list, StringComparison.Ordinal);
        Assert.Contains("a name with spaces", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_that_ends_an_archive_is_refused()
    {
        _ = WriteFile("folder/TRAILER!!!", "");

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.InvalidPath, "TRAILER!!!");
    }

    private static async Task<IReadOnlyList<CpioEntry>> BuildAndReadAsync(GuestImageOptions options)
    {
        GuestImage image = await BuildAsync(options);
        return CpioArchive.Read(await File.ReadAllBytesAsync(image.Path));
    }

    private static uint Octal(string digits) => Convert.ToUInt32(digits, fromBase: 8);
}
