using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

// The least that a native .NET program does to tell another that it is there: it connects to a Unix socket, sends one JSON message, and
// waits until the other side closes. What an agent takes more than this is the agent's own.
using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
socket.Connect(new UnixDomainSocketEndPoint(args[0]));
socket.Send(JsonSerializer.SerializeToUtf8Bytes(new Hello(Environment.ProcessId, "1.0"), BaselineJsonContext.Default.Hello));
socket.Receive(new byte[1]);

internal sealed record Hello(int Pid, string Version);

[JsonSerializable(typeof(Hello))]
internal sealed partial class BaselineJsonContext : JsonSerializerContext;
