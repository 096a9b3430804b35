using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nex.Linux.Tests.Support;

/// <summary>Calls that only tests make.</summary>
internal static partial class TestLibc
{
    private const int BlockSignals = 0;
    private const int OpenFilesResource = 7;

    /// <summary>Blocks a signal for the calling thread.</summary>
    internal static void Block(int signal)
    {
        ulong[] set = new ulong[16];
        set[0] = 1UL << (signal - 1);
        Assert.Equal(0, ChangeSignalMask(BlockSignals, set, 0));
    }

    /// <summary>A second descriptor, which unlike all that .NET makes is inherited by every program that is started.</summary>
    internal static SafeFileHandle DuplicateInheritable(int descriptor) => new(Duplicate(descriptor), ownsHandle: true);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    internal static int CurrentThread => GetThreadId();

    /// <summary>Sends a signal to one thread of this process.</summary>
    internal static void Interrupt(int thread, int signal) => Assert.Equal(0, SignalThread(Environment.ProcessId, thread, signal));

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int SignalThread(int process, int thread, int signal);

    /// <summary>Makes a pipe with a name.</summary>
    internal static void MakePipe(string path)
    {
        const uint ownerOnly = 0x180;
        Assert.Equal(0, MakeFifo(path, ownerOnly));
    }

    /// <summary>Does something while this process can open nothing more.</summary>
    internal static void WithoutDescriptors(Action action)
    {
        Assert.Equal(0, GetResourceLimit(OpenFilesResource, out ResourceLimit before));
        Assert.Equal(0, SetResourceLimit(OpenFilesResource, before with { Soft = 0 }));
        try
        {
            action();
        }
        finally
        {
            Assert.Equal(0, SetResourceLimit(OpenFilesResource, before));
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetResourceLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetResourceLimit(int resource, in ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct ResourceLimit(nuint Soft, nuint Hard);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int ChangeSignalMask(int how, ulong[] set, nint old);
}
