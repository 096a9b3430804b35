using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>
/// The host's side of a vsock device: a Unix socket for who wants to reach a port of the guest. It is bound when the device is configured,
/// and its file stays when this process ends.
/// </summary>
internal sealed class VsockListener : IDisposable
{
    private const int MaxRequestLength = 32;

    private readonly Socket _listener;

    private VsockListener(VsockDevice device, Socket listener)
    {
        Device = device;
        _listener = listener;
    }

    internal VsockDevice Device { get; }

    /// <exception cref="SocketException">It cannot be bound, as where the file exists.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    internal static VsockListener Bind(VsockDevice device)
    {
        var endPoint = new UnixDomainSocketEndPoint(device.UdsPath);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(endPoint);
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }

        listener.Listen();
        return new VsockListener(device, listener);
    }

    internal Task<Socket> AcceptAsync() => _listener.AcceptAsync();

    /// <summary>
    /// Reads <c>CONNECT port</c> and its newline, which must come with the first bytes; what is behind it is left for the guest.
    /// </summary>
    /// <returns>The port; null where it is something else.</returns>
    internal static async Task<uint?> ReadRequestAsync(Socket socket)
    {
        byte[] bytes = new byte[MaxRequestLength];
        int seen = await socket.ReceiveAsync(bytes, SocketFlags.Peek).ConfigureAwait(false);
        int length = bytes.AsSpan(0, seen).IndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            return null;
        }

        _ = await socket.ReceiveAsync(bytes.AsMemory(0, length), SocketFlags.None).ConfigureAwait(false);
        string[] words = Encoding.ASCII.GetString(bytes, 0, length - 1).Split(' ');
        return words is [var verb, var port] && verb.Equals("CONNECT", StringComparison.OrdinalIgnoreCase)
            && uint.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : null;
    }

    /// <summary>Connects to whoever serves a port of the host: the Unix socket beside this one with the port behind its name.</summary>
    /// <returns>Null where nobody does.</returns>
    internal Socket? TryConnectToHost(uint port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint($"{Device.UdsPath}_{port}"));
            return socket;
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            socket.Dispose();
            return null;
        }
    }

    public void Dispose() => _listener.Dispose();
}
