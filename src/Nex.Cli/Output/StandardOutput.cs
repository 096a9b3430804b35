using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Nex.Cli.Output;

/// <summary>
/// The standard output of this program. .NET's own swallows that a reader has gone, with which <c>nex logs | head</c> would never end.
/// </summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    internal static TextWriter Open()
    {
        if (!Console.IsOutputRedirected)
        {
            return Console.Out;
        }

        try
        {
            var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // A file is shared with the programs before and after, whose place in it a stream of our own would not keep.
            return stream.CanSeek
                ? Console.Out
                : new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { AutoFlush = true, NewLine = "\n" };
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or NotSupportedException)
        {
            // It is closed.
            return Console.Out;
        }
    }
}
