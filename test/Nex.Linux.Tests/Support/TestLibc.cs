using System.Runtime.InteropServices;

namespace Nex.Linux.Tests.Support;

/// <summary>Calls that only tests make.</summary>
internal static partial class TestLibc
{
    private const int BlockSignals = 0;

    /// <summary>Blocks a signal for the calling thread.</summary>
    internal static void Block(int signal)
    {
        ulong[] set = new ulong[16];
        set[0] = 1UL << (signal - 1);
        Assert.Equal(0, ChangeSignalMask(BlockSignals, set, 0));
    }

    /// <summary>Makes a pipe with a name.</summary>
    internal static void MakePipe(string path)
    {
        const uint ownerOnly = 0x180;
        Assert.Equal(0, MakeFifo(path, ownerOnly));
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int ChangeSignalMask(int how, ulong[] set, nint old);
}
