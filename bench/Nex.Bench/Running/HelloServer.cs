using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nex.Bench.Harness;

namespace Nex.Bench.Running;

/// <summary>Starts a program that does no more than say hello, and waits for that.</summary>
internal sealed class HelloServer : IDisposable
{
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];
    private readonly CancellationToken _cancellationToken;

    internal HelloServer(BenchContext context)
    {
        _cancellationToken = context.CancellationToken;
        _path = context.Workspace.NewPath("hello");
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
    }

    /// <summary>Milliseconds from the start of the program until its message has been understood here.</summary>
    internal async Task<double> MeasureAsync(string program)
    {
        long begun = Stopwatch.GetTimestamp();
        using Child child = Child.Start(program, [_path]);
        using Socket connection = await _listener.AcceptAsync(_cancellationToken);
        int count = await connection.ReceiveAsync(_buffer, _cancellationToken);
        Hello? hello = JsonSerializer.Deserialize(_buffer.AsSpan(0, count), HelloJsonContext.Default.Hello);
        double taken = Series.Since(begun);
        return hello?.Version == "1.0" ? taken : throw new InvalidOperationException($"{program} did not say hello.");
    }

    /// <summary>Milliseconds from the start of the program until it has said hello, was heard, and has ended.</summary>
    internal async Task<double> MeasureWholeAsync(string program)
    {
        long begun = Stopwatch.GetTimestamp();
        using Child child = Child.Start(program, [_path]);
        using (Socket connection = await _listener.AcceptAsync(_cancellationToken))
        {
            _ = await connection.ReceiveAsync(_buffer, _cancellationToken);
        }

        child.WaitForEnd();
        return Series.Since(begun);
    }

    /// <summary>Starts so many of a program, some of them at a time, and returns when each has said hello.</summary>
    internal async Task<Crowd> StartManyAsync(string program, int count, int atOnce)
    {
        var crowd = new Crowd();
        try
        {
            for (int heard = 0; heard < count; heard++)
            {
                while (crowd.Count < Math.Min(heard + atOnce, count))
                {
                    crowd.Add(Child.Start(program, [_path]));
                }

                Socket connection = await _listener.AcceptAsync(_cancellationToken);
                crowd.Add(connection);
                _ = await connection.ReceiveAsync(_buffer, _cancellationToken);
                crowd.Hear();
            }

            return crowd;
        }
        catch
        {
            crowd.Dispose();
            throw;
        }
    }

    public void Dispose() => _listener.Dispose();
}

internal sealed record Hello(int Pid, string Version);

[JsonSerializable(typeof(Hello))]
internal sealed partial class HelloJsonContext : JsonSerializerContext;
