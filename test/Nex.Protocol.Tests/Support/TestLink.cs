using System.Net.Sockets;

namespace Nex.Protocol.Tests.Support;

internal static class TestLink
{
    /// <summary>Both ends of a connection between real sockets.</summary>
    internal static (NetworkStream Left, NetworkStream Right) CreatePair()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // A name that begins with NUL stands in no directory, and goes with the socket.
        var address = new UnixDomainSocketEndPoint($"\0nex-test-{Guid.NewGuid():N}");
        listener.Bind(address);
        listener.Listen();
        var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Connect(address);
        return (new NetworkStream(left, ownsSocket: true), new NetworkStream(listener.Accept(), ownsSocket: true));
    }
}
