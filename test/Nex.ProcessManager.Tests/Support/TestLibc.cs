using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>Calls that only tests make.</summary>
internal static partial class TestLibc
{
    /// <summary>A second descriptor, which unlike all that .NET makes is inherited by every program that is started.</summary>
    internal static SafeFileHandle DuplicateInheritable(SafeFileHandle file) =>
        new(Duplicate((int)file.DangerousGetHandle()), ownsHandle: true);

    /// <summary>Gives a file to another user. Only root can.</summary>
    internal static void GiveAway(string path, uint userId) => Assert.Equal(0, ChangeOwner(path, userId, userId));

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint userId, uint groupId);

    /// <summary>Takes away what is mounted on a directory, even while something in it is open.</summary>
    internal static bool TryUnmount(string directory)
    {
        const int detach = 2;
        return Unmount(directory, detach) == 0;
    }

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string directory, int flags);

    /// <summary>Takes a lease on a file that nobody else has open. It is asked back by a signal, and ends with the descriptor.</summary>
    internal static void Lease(SafeFileHandle file, int signal)
    {
        const int setSignal = 10, setLease = 1024, writing = 1;
        Assert.Equal(0, Fcntl(file, setSignal, signal));
        Assert.Equal(0, Fcntl(file, setLease, writing));
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}
