using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Formats;

public sealed class DeterminismTests : ImageTest
{
    [Theory]
    [InlineData(GuestImageFormat.Initramfs, GuestImageCompression.None)]
    [InlineData(GuestImageFormat.Initramfs, GuestImageCompression.Gzip)]
    [InlineData(GuestImageFormat.Ext4, GuestImageCompression.None)]
    [InlineData(GuestImageFormat.Squashfs, GuestImageCompression.None)]
    public async Task The_same_inputs_make_the_same_bytes(GuestImageFormat format, GuestImageCompression compression)
    {
        HostTools.Require("mke2fs", "e2fsprogs");
        HostTools.Require("mksquashfs", "squashfs-tools");
        GuestKernel kernel = await KernelAsync();
        await OddFolder.FillAsync(Folder);
        string file = WriteFile("extra", "something");
        GuestImageOptions options = Options(format) with { Compression = compression, Kernel = kernel, Folder = Folder, Files = [new("/extra", file)] };
        GuestImage first = await BuildAsync(options with { Output = PathOf("first") });

        // The same contents in another directory, put there in another order and at other times, read and written at others again.
        string copy = Directory.CreateDirectory(PathOf("elsewhere/inner")).FullName;
        CopyBackwards(Folder, copy);
        string otherAgent = PathOf("elsewhere/other-agent");
        File.Copy(Agent, otherAgent);
        File.SetLastWriteTimeUtc(otherAgent, new DateTime(1999, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastAccessTimeUtc(file, new DateTime(2011, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        GuestImage second = await BuildAsync(options with { Output = PathOf("elsewhere/second"), Folder = copy, Agent = otherAgent });

        Assert.Equal(first.Sha256, second.Sha256);
        Assert.Equal(await File.ReadAllBytesAsync(first.Path), await File.ReadAllBytesAsync(second.Path));
    }

    [Theory]
    [InlineData(GuestImageFormat.Initramfs)]
    [InlineData(GuestImageFormat.Ext4)]
    [InlineData(GuestImageFormat.Squashfs)]
    public async Task Builds_at_the_same_time_to_the_same_file_all_succeed(GuestImageFormat format)
    {
        HostTools.Require("mke2fs", "e2fsprogs");
        HostTools.Require("mksquashfs", "squashfs-tools");

        GuestImage[] images = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => BuildAsync(Options(format)))));

        Assert.Single(images.Select(image => image.Sha256).Distinct());
        Assert.Equal(["agent", "folder", "image"], Directory.EnumerateFileSystemEntries(DirectoryPath).Select(Path.GetFileName).Order());
    }

    private static void CopyBackwards(string from, string to)
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(from).OrderDescending(StringComparer.Ordinal))
        {
            string target = Path.Combine(to, Path.GetFileName(entry));
            if (new FileInfo(entry).LinkTarget is { } link)
            {
                _ = File.CreateSymbolicLink(target, link);
            }
            else if (Directory.Exists(entry))
            {
                _ = Directory.CreateDirectory(target);
                CopyBackwards(entry, target);
            }
            else
            {
                File.WriteAllBytes(target, File.ReadAllBytes(entry));
                File.SetLastWriteTimeUtc(target, new DateTime(1987, 6, 5, 4, 3, 2, DateTimeKind.Utc));
            }
        }
    }
}
