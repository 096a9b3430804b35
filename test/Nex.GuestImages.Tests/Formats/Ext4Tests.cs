using Nex.GuestImages.Formats;
using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Formats;

public sealed class Ext4Tests : ImageTest
{
    private const int MiB = 1024 * 1024;

    public Ext4Tests() => HostTools.Require("mke2fs", "e2fsprogs");

    [Fact]
    public async Task It_is_valid_and_everything_belongs_to_root()
    {
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4) with { Kernel = await KernelAsync() });

        _ = await HostTools.RunAsync("e2fsck", ["-f", "-n", image.Path]);
        string[] list = (await DebugAsync(image, "ls -l /", "ls -l /lib/nex/modules")).Split('\n');
        string[] entries = [.. list.Where(line => line.Contains(':', StringComparison.Ordinal) && !line.StartsWith("debugfs", StringComparison.Ordinal))];
        Assert.Contains(entries, line => line.EndsWith(" init", StringComparison.Ordinal) && line.Contains(" 100755 ", StringComparison.Ordinal));
        Assert.Contains(entries, line => line.EndsWith(" tmp", StringComparison.Ordinal) && line.Contains(" 41777 ", StringComparison.Ordinal));
        Assert.Contains(entries, line => line.EndsWith(" virtio_mmio.ko", StringComparison.Ordinal));
        Assert.All(entries, line => Assert.Matches(@"^ +\d+ +\d+ \(\d\) +0 +0 +\d+ +1-Jan-2000 00:00 ", line));
    }

    [Fact]
    public async Task It_has_no_journal_since_it_is_for_reading()
    {
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4));

        Assert.DoesNotContain("has_journal", await HostTools.RunAsync("dumpe2fs", ["-h", image.Path]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_with_odd_names_come_back_as_they_were()
    {
        await OddFolder.FillAsync(Folder);
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4) with { Folder = Folder });

        _ = await HostTools.RunAsync("e2fsck", ["-f", "-n", image.Path]);
        string unpacked = Directory.CreateDirectory(PathOf("unpacked")).FullName;
        _ = await DebugAsync(image, $"rdump / {unpacked}");

        await OddFolder.AssertIsInAsync(unpacked);
    }

    [Fact]
    public async Task Without_a_size_it_is_little_larger_than_what_is_in_it()
    {
        for (int i = 0; i < 300; i++)
        {
            _ = WriteFile($"folder/many/{i}", new string('x', i * 50));
        }

        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4) with { Folder = Folder });

        long blocks = image.Entries.Sum(entry => (entry.Size + 4095) / 4096);
        Assert.InRange(image.Size, blocks * 4096, (blocks * 4096 * 11 / 10) + (MiB / 2));
    }

    [Fact]
    public async Task With_a_size_it_has_that_size()
    {
        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4) with { SizeMiB = 20 });

        Assert.Equal(20 * MiB, image.Size);
        _ = await HostTools.RunAsync("e2fsck", ["-f", "-n", image.Path]);
    }

    [Fact]
    public async Task An_image_of_more_than_one_group_of_blocks_is_valid()
    {
        // No zeros: they would become holes, which take no blocks.
        byte[] bytes = new byte[27 * MiB];
        bytes.AsSpan().Fill(1);
        for (int i = 0; i < 5; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(Folder, $"large-{i}"), bytes);
        }

        GuestImage image = await BuildAsync(Options(GuestImageFormat.Ext4) with { Folder = Folder });

        _ = await HostTools.RunAsync("e2fsck", ["-f", "-n", image.Path]);
        Assert.DoesNotMatch(@"(?m)^ +\d+ +\d+ \(\d\) +[1-9]", await DebugAsync(image, "ls -l /"));
    }

    [Fact]
    public async Task Contents_that_do_not_fit_are_refused() =>
        _ = await RefusesAsync(Options(GuestImageFormat.Ext4) with { SizeMiB = 1 }, GuestImageError.TooLarge, "1 MiB");

    [Fact]
    public void The_inodes_in_use_are_those_that_are_not_listed_as_free()
    {
        const string text = """
            Inode count:              48
            Free inodes:              30

            Group 0: (Blocks 0-1999)
              Free inodes: 14-16, 18-24
            Group 1: (Blocks 2000-3999)
              Free inodes: 26-48
            """;

        Assert.Equal([2, 11, 12, 13, 17, 25], Ext4Writer.ParseInodes(text));
    }

    private static Task<string> DebugAsync(GuestImage image, params string[] commands) =>
        HostTools.RunAsync("debugfs", ["-f", "-", image.Path], input: string.Concat(commands.Select(command => command + "\n")));
}
