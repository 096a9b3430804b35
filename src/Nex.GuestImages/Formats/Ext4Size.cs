using System.Text;
using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Formats;

/// <summary>How large an ext4 file system must be for what goes into it.</summary>
internal static class Ext4Size
{
    internal const int BlockSize = 4096;
    internal const int InodeSize = 256;

    private const int BlocksPerMiB = 1024 * 1024 / BlockSize;
    private const int BlocksPerGroup = 32768;

    // Ten that every file system has, and that of lost+found.
    private const int ReservedInodes = 11;
    private const int LostAndFoundBlocks = 4;

    // The superblock, the descriptors and the bitmaps of a group, with room for their copies.
    private const int BlocksForGroup = 8;
    private const int ShortLink = 59;
    private const int DirectoryEntryHeader = 8;

    internal static int CountInodes(GuestTree tree) => tree.Nodes.Count() + ReservedInodes;

    internal static long FromMiB(int size) => (long)size * BlocksPerMiB;

    /// <summary>A number of blocks that is enough, or nearly so: how files are laid out is up to the tool that lays them out.</summary>
    internal static long EstimateBlocks(GuestTree tree)
    {
        long blocks = LostAndFoundBlocks + CountDirectoryBlocks(tree) + DivideUp((long)CountInodes(tree) * InodeSize, BlockSize);
        foreach ((_, GuestNode node) in tree.Nodes)
        {
            blocks += node switch
            {
                FileNode file => DivideUp(file.Content.Length, BlockSize) + (file.Content.Length / ((long)BlockSize * BlocksPerGroup / 2)),
                SymbolicLinkNode link => Encoding.UTF8.GetByteCount(link.Target) > ShortLink ? 1 : 0,
                _ => 0,
            };
        }

        return blocks + (blocks / 128) + ((1 + (blocks / BlocksPerGroup)) * BlocksForGroup);
    }

    // An entry does not cross the border of a block, so a block is hardly ever full.
    private static long CountDirectoryBlocks(GuestTree tree)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal) { ["/"] = 0 };
        foreach ((string path, GuestNode node) in tree.Nodes)
        {
            if (node is DirectoryNode)
            {
                sizes[path] = 0;
            }

            string parent = GuestPath.Parent(path)!;
            long name = Encoding.UTF8.GetByteCount(path) - Encoding.UTF8.GetByteCount(parent);
            sizes[parent] += DirectoryEntryHeader + (DivideUp(name, 4) * 4);
        }

        const int usable = BlockSize * 7 / 8;
        return sizes.Values.Sum(size => 1 + (size / usable));
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;
}
