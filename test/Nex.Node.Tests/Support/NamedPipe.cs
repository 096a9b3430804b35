using System.Diagnostics;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>A pipe with a name, between a test and the programs that it starts.</summary>
internal static class NamedPipe
{
    /// <summary>Makes one, open for both sides, so that nobody who opens it waits.</summary>
    internal static async Task<FileStream> MakeAsync(string path)
    {
        using Process made = Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync().Within();
        return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }
}
