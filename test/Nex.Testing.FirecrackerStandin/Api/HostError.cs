using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nex.Linux;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>What the host said, in the words that Firecracker repeats.</summary>
internal static class HostError
{
    private const int NoEntry = 2;
    private const int AccessDenied = 13;
    private const int AddressInUse = 98;

    /// <summary>Whether this is the host's answer to a call on a file or a socket.</summary>
    internal static bool IsOfFile(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or SocketException or NotSupportedException or ArgumentException;

    internal static string Text(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => Text(NoEntry),
        UnauthorizedAccessException => Text(AccessDenied),
        SocketException socket => Text(socket.NativeErrorCode),
        LinuxException linux => Text(linux.Errno),
        IOException { HResult: > 0 } io => Text(io.HResult),
        _ => failure.Message,
    };

    /// <summary>Firecracker is linked with musl, which says less than glibc about an address that is in use.</summary>
    internal static string Text(int error) =>
        $"{(error == AddressInUse ? "Address in use" : Marshal.GetPInvokeErrorMessage(error))} (os error {error})";
}
