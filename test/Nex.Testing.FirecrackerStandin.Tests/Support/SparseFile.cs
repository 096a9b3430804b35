using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>Files with holes.</summary>
internal static partial class SparseFile
{
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>Writes all but the holes of a file into another at the same places.</summary>
    internal static void Merge(string from, string into)
    {
        using SafeFileHandle source = File.OpenHandle(from), target = File.OpenHandle(into, FileMode.Open, FileAccess.Write);
        long start, end = 0;
        while ((start = Seek(source, end, SeekData)) >= 0)
        {
            end = Seek(source, start, SeekHole);
            byte[] bytes = new byte[end - start];
            Assert.Equal(bytes.Length, RandomAccess.Read(source, bytes, start));
            RandomAccess.Write(target, bytes, start);
        }
    }

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
