using System.Text;
using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Formats;

/// <summary>
/// Writes an archive in the format that the kernel unpacks at boot (cpio, "newc"). Device nodes need no privilege in it. Every part starts at a
/// multiple of 4 bytes, and the archive ends at one of 512, so that archives can be put behind one another.
/// </summary>
internal sealed class CpioWriter(Stream output)
{
    private const string Magic = "070701";
    private const uint Root = 0;
    private const uint NoDevice = 0;
    private const uint NoChecksum = 0;
    private const string Trailer = "TRAILER!!!";
    private const int Alignment = 4;
    private const int BlockSize = 512;

    private static readonly byte[] Zeros = new byte[BlockSize];

    private long _position;
    private uint _inode;

    /// <param name="path">From the root, which itself is the path `/`.</param>
    internal async Task WriteAsync(string path, GuestNode node, CancellationToken cancellation)
    {
        string name = path == "/" ? "." : path[1..];
        if (name == Trailer)
        {
            throw new GuestImageException(
                GuestImageError.InvalidPath, $"{path} cannot be in an initramfs: its name is the mark at the end of one. Give it another name.");
        }

        _inode++;
        switch (node)
        {
            case DirectoryNode:
                await WriteHeaderAsync(name, Header(FileType.Directory, node), cancellation).ConfigureAwait(false);
                break;
            case SymbolicLinkNode link:
                await WriteEntryAsync(name, FileType.SymbolicLink, node, new GeneratedContent(Encoding.UTF8.GetBytes(link.Target)), cancellation)
                    .ConfigureAwait(false);
                break;
            case CharacterDeviceNode device:
                EntryHeader header = Header(FileType.CharacterDevice, node) with
                {
                    DeviceMajor = (uint)device.Major,
                    DeviceMinor = (uint)device.Minor,
                };
                await WriteHeaderAsync(name, header, cancellation).ConfigureAwait(false);
                break;
            case FileNode file:
                await WriteEntryAsync(name, FileType.Regular, node, file.Content, cancellation).ConfigureAwait(false);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(node), node, "An initramfs cannot hold this.");
        }
    }

    /// <summary>Writes the end. Nothing can be written after it.</summary>
    internal async Task FinishAsync(CancellationToken cancellation)
    {
        await WriteHeaderAsync(Trailer, new EntryHeader { Links = 1 }, cancellation).ConfigureAwait(false);
        await PadAsync(BlockSize, cancellation).ConfigureAwait(false);
    }

    private async Task WriteEntryAsync(string name, uint type, GuestNode node, GuestContent content, CancellationToken cancellation)
    {
        if (content.Length > uint.MaxValue)
        {
            throw new GuestImageException(
                GuestImageError.TooLarge,
                $"{content.HostPath} has {content.Length} bytes; an initramfs holds files of less than 4 GiB. Use the format ext4 or squashfs.");
        }

        await WriteHeaderAsync(name, Header(type, node) with { Size = (uint)content.Length }, cancellation).ConfigureAwait(false);
        Stream bytes = content.Open();
        await using (bytes.ConfigureAwait(false))
        {
            await bytes.CopyToAsync(output, cancellation).ConfigureAwait(false);
        }

        _position += content.Length;
        await PadAsync(Alignment, cancellation).ConfigureAwait(false);
    }

    private EntryHeader Header(uint type, GuestNode node) =>
        new() { Inode = _inode, Mode = type | (uint)node.Mode, Links = node is DirectoryNode ? 2u : 1u, Time = (uint)GuestImageTime.Seconds };

    private async Task WriteHeaderAsync(string name, EntryHeader header, CancellationToken cancellation)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name + '\0');

        uint[] fields =
        [
            header.Inode, header.Mode, Root, Root, header.Links, header.Time, header.Size, NoDevice, NoDevice,
            header.DeviceMajor, header.DeviceMinor, (uint)nameBytes.Length, NoChecksum,
        ];
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Magic + string.Concat(fields.Select(field => field.ToString("X8")))), .. nameBytes];
        await output.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        _position += bytes.Length;
        await PadAsync(Alignment, cancellation).ConfigureAwait(false);
    }

    private async Task PadAsync(int alignment, CancellationToken cancellation)
    {
        int padding = (int)((alignment - (_position % alignment)) % alignment);
        await output.WriteAsync(Zeros.AsMemory(0, padding), cancellation).ConfigureAwait(false);
        _position += padding;
    }

    private static class FileType
    {
        internal const uint Directory = 0x4000;
        internal const uint CharacterDevice = 0x2000;
        internal const uint Regular = 0x8000;
        internal const uint SymbolicLink = 0xA000;
    }

    private readonly record struct EntryHeader
    {
        internal uint Inode { get; init; }

        internal uint Mode { get; init; }

        internal uint Links { get; init; }

        internal uint Time { get; init; }

        internal uint Size { get; init; }

        internal uint DeviceMajor { get; init; }

        internal uint DeviceMinor { get; init; }
    }
}
