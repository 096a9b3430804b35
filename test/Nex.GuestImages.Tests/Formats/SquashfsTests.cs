using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Formats;

public sealed class SquashfsTests : ImageTest
{
    public SquashfsTests() => HostTools.Require("mksquashfs", "squashfs-tools");

    [Fact]
    public async Task Everything_is_there_and_belongs_to_root()
    {
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Squashfs) with { Kernel = await KernelAsync() });

        string[] list = (await HostTools.RunAsync("unsquashfs", ["-lls", image.Path])).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        string[] listed = [.. list.Where(line => line.Contains("squashfs-root", StringComparison.Ordinal))];
        Assert.Equal(image.Entries.Count + 1, listed.Length);
        Assert.All(listed, line => Assert.Contains(" root/root ", line, StringComparison.Ordinal));
        Assert.All(listed, line => Assert.Contains(" 2000-01-01 00:00 ", line, StringComparison.Ordinal));
        Assert.Contains(listed, line => line.StartsWith("-rwxr-xr-x", StringComparison.Ordinal) && line.EndsWith("/init", StringComparison.Ordinal));
        Assert.Contains(listed, line => line.StartsWith("drwxrwxrwt", StringComparison.Ordinal) && line.EndsWith("/tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_with_odd_names_come_back_as_they_were()
    {
        await OddFolder.FillAsync(Folder);
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Squashfs) with { Folder = Folder });

        _ = await HostTools.RunAsync("unsquashfs", ["-no-progress", "-dest", PathOf("unpacked"), image.Path]);

        await OddFolder.AssertIsInAsync(PathOf("unpacked"));
    }
}
