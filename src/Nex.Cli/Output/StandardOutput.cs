using System.IO.Pipes;
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
            var pipe = new AnonymousPipeClientStream(PipeDirection.Out, new SafePipeHandle(Descriptor, ownsHandle: false));
            return new StreamWriter(pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { AutoFlush = true, NewLine = "\n" };
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or NotSupportedException)
        {
            // A file, or closed.
            return Console.Out;
        }
    }
}
