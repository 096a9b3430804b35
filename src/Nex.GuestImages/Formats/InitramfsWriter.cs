using System.IO.Compression;
using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Formats;

/// <summary>An archive that the kernel unpacks into memory at boot.</summary>
internal sealed class InitramfsWriter(GuestImageCompression compression) : IImageWriter
{
    private const int BufferSize = 1024 * 1024;

    public async Task WriteAsync(GuestTree tree, string file, CancellationToken cancellation)
    {
        var output = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, BufferSize, useAsync: true);
        await using (output.ConfigureAwait(false))
        {
            if (compression == GuestImageCompression.None)
            {
                await WriteArchiveAsync(tree, output, cancellation).ConfigureAwait(false);
                return;
            }

            // Its header holds no name and no time.
            var compressed = new GZipStream(output, CompressionLevel.Optimal);
            await using (compressed.ConfigureAwait(false))
            {
                await WriteArchiveAsync(tree, compressed, cancellation).ConfigureAwait(false);
            }
        }
    }

    private static async Task WriteArchiveAsync(GuestTree tree, Stream output, CancellationToken cancellation)
    {
        // The kernel opens it for the first process, before anything is mounted.
        tree.AddDefault("/dev/console", new CharacterDeviceNode(UnixFileMode.UserRead | UnixFileMode.UserWrite, 5, 1));

        var archive = new CpioWriter(output);
        await archive.WriteAsync("/", tree.Root, cancellation).ConfigureAwait(false);
        foreach ((string path, GuestNode node) in tree.Nodes)
        {
            await archive.WriteAsync(path, node, cancellation).ConfigureAwait(false);
        }

        await archive.FinishAsync(cancellation).ConfigureAwait(false);
    }
}
