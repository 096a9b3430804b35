using System.Net.Sockets;
using System.Text;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Support;

/// <summary>Firecracker's end of a vsock device, one step after the other as the test says.</summary>
internal sealed class VsockDeviceServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal VsockDeviceServer(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
    }

    internal Task<Socket> AcceptAsync() => _listener.AcceptAsync().Within("the host connected to the device");

    internal static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[256];
        int count = await socket.ReceiveAsync(buffer).Within("something was received");
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    internal static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text)).Within();

    public void Dispose() => _listener.Dispose();
}
