using System.Formats.Tar;
using CliWrap;
using Nex.GuestImages.Contents;
using Nex.GuestImages.Tools;

namespace Nex.GuestImages.Formats;

/// <summary>
/// A compressed file system that can only be read, made by mksquashfs. It gets the contents as a tar archive through a pipe: that can say who owns
/// a file and which permissions it has, whoever builds, and nothing needs to be laid out on the disk first.
/// </summary>
internal sealed class SquashfsWriter : IImageWriter
{
    public async Task WriteAsync(GuestTree tree, string file, CancellationToken cancellation)
    {
        HostTool tool = HostTool.Find("mksquashfs", "squashfs-tools");
        string time = GuestImageTime.Seconds.ToString();
        string mode = Convert.ToString((int)tree.Root.Mode, toBase: 8);
        string[] arguments =
        [
            "-", file, "-tar", "-noappend", "-no-progress", "-quiet", "-no-xattrs", "-reproducible",
            // What a guest decompresses fastest, which shows where its processor is emulated.
            "-comp", "lz4",
            "-mkfs-time", time, "-all-time", time, "-root-time", time, "-all-root", "-root-mode", mode,
        ];

        // It refuses to run where this contradicts its options.
        Dictionary<string, string?> environment = new() { ["SOURCE_DATE_EPOCH"] = null };
        ToolResult result = await tool.RunAsync(
            arguments,
            cancellation,
            PipeSource.Create((pipe, token) => WriteArchiveAsync(tree, pipe, token)),
            environment: environment).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw tool.Failure(result);
        }
    }

    private static async Task WriteArchiveAsync(GuestTree tree, Stream output, CancellationToken cancellation)
    {
        var archive = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true);
        await using (archive.ConfigureAwait(false))
        {
            foreach ((string path, GuestNode node) in tree.Nodes)
            {
                using Stream? content = (node as FileNode)?.Content.Open();
                await archive.WriteEntryAsync(CreateEntry(path[1..], node, content), cancellation).ConfigureAwait(false);
            }
        }
    }

    private static GnuTarEntry CreateEntry(string name, GuestNode node, Stream? content)
    {
        TarEntryType type = node switch
        {
            DirectoryNode => TarEntryType.Directory,
            SymbolicLinkNode => TarEntryType.SymbolicLink,
            CharacterDeviceNode => TarEntryType.CharacterDevice,
            _ => TarEntryType.RegularFile,
        };
        var entry = new GnuTarEntry(type, name) { Mode = node.Mode, ModificationTime = GuestImageTime.Value };
        if (node is FileNode)
        {
            entry.DataStream = content;
        }
        else if (node is SymbolicLinkNode link)
        {
            entry.LinkName = link.Target;
        }
        else if (node is CharacterDeviceNode device)
        {
            (entry.DeviceMajor, entry.DeviceMinor) = (device.Major, device.Minor);
        }

        return entry;
    }
}
