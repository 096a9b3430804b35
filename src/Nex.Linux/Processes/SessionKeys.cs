using Nex.Linux.Interop;

namespace Nex.Linux.Processes;

/// <summary>
/// The kernel's keys of a session. Who is started inherits them, whatever its user and its namespaces are: a program that nobody trusts could
/// read the keys of its node, and leave some for the next.
/// </summary>
internal static class SessionKeys
{
    private const nint Session = -3;
    private const nint Join = 1;
    private const nint SetPermissions = 5;

    /// <summary>
    /// Gives the calling thread a session without keys, to which nobody can add one. It is that of all that this thread starts from now on, and
    /// one for all, since the kernel counts them by user.
    /// </summary>
    /// <exception cref="LinuxException">The kernel has keys, and this user can make no session more.</exception>
    internal static void GiveUp()
    {
        // Who may not call this, as in many containers, starts nobody who may.
        if (Call(Join, 0, 0) < 0)
        {
            if (Errno.Last is not (Errno.NotImplemented or Errno.NotPermitted))
            {
                throw LinuxException.Last("give up", "the keys of the session");
            }
        }
        else if (Call(SetPermissions, Session, 0) < 0)
        {
            throw LinuxException.Last("protect", "the keys of the session");
        }
    }

    private static nint Call(nint operation, nint first, nint second) => Libc.SystemCall(Libc.Number.KeyControl, operation, first, second);
}
