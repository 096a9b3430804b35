using System.Text;
using System.Text.RegularExpressions;
using CliWrap;
using Nex.GuestImages.Contents;
using Nex.GuestImages.Tools;

namespace Nex.GuestImages.Formats;

/// <summary>
/// A file system made by mke2fs out of a directory, without a journal: it is for reading. mke2fs takes over who owns the files and when they were
/// changed; debugfs puts root and one fixed time in their place.
/// </summary>
/// <param name="sizeMiB">Null for as small as possible.</param>
internal sealed partial class Ext4Writer(int? sizeMiB) : IImageWriter
{
    private const string Package = "e2fsprogs";
    private const string Features =
        "none,dir_index,dir_nlink,extent,extra_isize,filetype,flex_bg,huge_file,large_file,metadata_csum,sparse_super,64bit";

    // Any will do, as long as they are always the same.
    private const string VolumeId = "6e657800-0000-4000-8000-000000000001";
    private const string HashSeed = "6e657800-0000-4000-8000-000000000002";
    private const int RootInode = 2;
    private const int FirstInode = 11;
    private const int MaxAttempts = 12;

    private static readonly string[] Fields =
    [
        "uid 0", "gid 0", $"atime @{GuestImageTime.Seconds}", $"ctime @{GuestImageTime.Seconds}", $"mtime @{GuestImageTime.Seconds}",
    ];

    private static readonly Dictionary<string, string?> ToolEnvironment = new()
    {
        ["E2FSPROGS_FAKE_TIME"] = GuestImageTime.Seconds.ToString(),
        // The defaults of this host would make other images than those of the next.
        ["MKE2FS_CONFIG"] = "/dev/null",
        ["SOURCE_DATE_EPOCH"] = null,
    };

    public async Task WriteAsync(GuestTree tree, string file, CancellationToken cancellation)
    {
        // All three before there is anything to clean up.
        HostTool maker = HostTool.Find("mke2fs", Package);
        HostTool reader = HostTool.Find("dumpe2fs", Package);
        HostTool editor = HostTool.Find("debugfs", Package);

        using (StagedTree staged = await StagedTree.CreateAsync(tree, file + ".contents", cancellation).ConfigureAwait(false))
        {
            await MakeAsync(maker, tree, staged.Path, file, cancellation).ConfigureAwait(false);
        }

        IReadOnlyList<int> inodes = await FindInodesAsync(reader, file, cancellation).ConfigureAwait(false);
        await SetOwnersAndTimesAsync(editor, inodes, file, cancellation).ConfigureAwait(false);
    }

    /// <summary>The numbers of the inodes in use, from what dumpe2fs prints: it lists those that are free.</summary>
    internal static IReadOnlyList<int> ParseInodes(string text)
    {
        int count = int.Parse(InodeCount().Match(text).Groups[1].Value);
        var free = FreeInodes().Matches(text)
            .SelectMany(group => group.Groups[1].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
            .Select(range => range.Split('-'))
            .SelectMany(range => Enumerable.Range(int.Parse(range[0]), int.Parse(range[^1]) - int.Parse(range[0]) + 1))
            .ToHashSet();
        return [RootInode, .. Enumerable.Range(FirstInode, Math.Max(0, count - FirstInode + 1)).Where(inode => !free.Contains(inode))];
    }

    private async Task MakeAsync(HostTool maker, GuestTree tree, string contents, string file, CancellationToken cancellation)
    {
        long blocks = sizeMiB is { } size ? Ext4Size.FromMiB(size) : Ext4Size.EstimateBlocks(tree);
        for (int attempt = 1; ; attempt++)
        {
            string[] arguments =
            [
                "-q", "-F", "-t", "ext4", "-O", Features,
                "-b", Ext4Size.BlockSize.ToString(), "-I", Ext4Size.InodeSize.ToString(),
                "-N", Ext4Size.CountInodes(tree).ToString(), "-m", "0",
                "-U", VolumeId, "-E", $"hash_seed={HashSeed},root_owner=0:0,no_copy_xattrs,nodiscard,lazy_itable_init=0",
                "-d", contents, file, blocks.ToString(),
            ];
            ToolResult result = await maker.RunAsync(arguments, cancellation, environment: ToolEnvironment).ConfigureAwait(false);
            if (result.Succeeded)
            {
                return;
            }

            if (!IsFull(result))
            {
                throw maker.Failure(result);
            }

            if (sizeMiB is not null || attempt == MaxAttempts)
            {
                throw new GuestImageException(
                    GuestImageError.TooLarge,
                    $"The contents do not fit into {blocks * Ext4Size.BlockSize / (1024 * 1024)} MiB. Give a larger size, or none to have it chosen.");
            }

            File.Delete(file);
            blocks += 16 + (blocks / 32);
        }
    }

    private static bool IsFull(ToolResult result) =>
        result.Errors.Contains("Could not allocate", StringComparison.Ordinal)
        || result.Errors.Contains("too small", StringComparison.OrdinalIgnoreCase)
        || result.Errors.Contains("Not enough space", StringComparison.OrdinalIgnoreCase);

    private static async Task<IReadOnlyList<int>> FindInodesAsync(HostTool reader, string file, CancellationToken cancellation)
    {
        ToolResult result = await reader.RunAsync([file], cancellation, environment: ToolEnvironment).ConfigureAwait(false);
        return result.Succeeded ? ParseInodes(result.Output) : throw reader.Failure(result);
    }

    private static async Task SetOwnersAndTimesAsync(HostTool editor, IReadOnlyList<int> inodes, string file, CancellationToken cancellation)
    {
        var script = new StringBuilder();
        foreach (int inode in inodes)
        {
            foreach (string field in Fields)
            {
                _ = script.Append($"set_inode_field <{inode}> {field}\n");
            }
        }

        ToolResult result = await editor.RunAsync(
            ["-w", "-f", "-", file], cancellation, PipeSource.FromString(script.ToString()), environment: ToolEnvironment).ConfigureAwait(false);

        // Its exit code says nothing about the commands. Its first line is its version.
        if (!result.Succeeded || result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length > 1)
        {
            throw editor.Failure(result);
        }
    }

    [GeneratedRegex(@"^Inode count:\s+(\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex InodeCount();

    [GeneratedRegex(@"^  Free inodes: (.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex FreeInodes();
}
