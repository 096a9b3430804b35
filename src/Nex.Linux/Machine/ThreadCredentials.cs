using Nex.Linux.Interop;

namespace Nex.Linux.Machine;

/// <summary>
/// Makes the calling thread another user until it is disposed of, on the same thread. A process that the thread starts meanwhile is that user
/// for good: when a program is executed, the way back to root, which this thread keeps, is closed to it.
/// </summary>
/// <remarks>By the system calls themselves, since the C library would change all threads.</remarks>
internal readonly ref struct ThreadCredentials
{
    private readonly bool _assumed;

    private ThreadCredentials(uint userId)
    {
        _assumed = true;
        Call(Libc.Number.SetGroups, 0, 0, 0);
        Call(Libc.Number.SetGroupIds, userId, userId, 0);
        Call(Libc.Number.SetUserIds, userId, userId, 0);
    }

    /// <summary>The calling thread must be root.</summary>
    internal static ThreadCredentials Assume(uint userId) => new(userId);

    public void Dispose()
    {
        if (_assumed)
        {
            Call(Libc.Number.SetUserIds, 0, 0, 0);
            Call(Libc.Number.SetGroupIds, 0, 0, 0);
        }
    }

    private static void Call(nint number, uint first, uint second, uint third)
    {
        if (Libc.SystemCall(number, (nint)first, (nint)second, (nint)third) != 0)
        {
            throw LinuxException.Last("change the user of", "a thread");
        }
    }
}
