using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;

namespace Nex.Firecracker.Sockets;

/// <summary>Paths of Unix sockets, which the kernel limits.</summary>
internal static class UnixSocketPath
{
    /// <summary>The kernel has 108 bytes for a path, the NUL behind it included.</summary>
    internal const int MaxBytes = 107;

    /// <param name="path">A path.</param>
    /// <param name="endPoint">Its address, where it can have one.</param>
    /// <param name="fault">Otherwise, what is wrong with it, as the end of a sentence that begins with the path.</param>
    internal static bool TryCreate(string path, [NotNullWhen(true)] out UnixDomainSocketEndPoint? endPoint, [NotNullWhen(false)] out string? fault)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        fault = !Path.IsPathFullyQualified(path) || path.Contains('\0') ? "is no absolute path"
            : bytes > MaxBytes ? $"has {bytes} bytes, and a Unix socket's path has at most {MaxBytes}: choose a directory with a shorter path"
            : null;
        endPoint = fault is null ? new UnixDomainSocketEndPoint(path) : null;
        return fault is null;
    }

    internal static Socket CreateSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
