namespace Nex.Linux;

/// <summary>A system call failed: which one, on what, and the kernel's reason.</summary>
internal sealed class LinuxException(string operation, string target, int errno)
    : IOException($"{operation} {target}: {Linux.Errno.Describe(errno)} (errno {errno})")
{
    internal int Errno { get; } = errno;

    internal static LinuxException Last(string operation, string target) => new(operation, target, Linux.Errno.Last);
}
