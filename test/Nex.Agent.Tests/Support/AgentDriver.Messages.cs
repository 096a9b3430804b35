using System.Runtime.InteropServices;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Sockets;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Agent.Tests.Support;

internal sealed partial class AgentDriver
{
    private readonly FrameReader _reader = new(LinkLimits.ToNode);
    private readonly FrameWriter _writer = new();
    private readonly Dictionary<long, JsonRpcMessage> _answers = [];
    private readonly List<AgentOutputLine> _lines = [];
    private byte[] _helloId = [];
    private long _lastId;

    /// <summary>The lines so far.</summary>
    internal IReadOnlyList<AgentOutputLine> Lines => _lines;

    /// <summary>The texts of one stream so far, with the parts of long lines joined.</summary>
    internal IReadOnlyList<string> Texts(string stream)
    {
        var texts = new List<string>();
        string part = "";
        foreach (AgentOutputLine line in _lines.Where(line => line.Stream == stream))
        {
            part += line.Text;
            if (!line.Continues)
            {
                texts.Add(part);
                part = "";
            }
        }

        Assert.Equal("", part);
        return texts;
    }

    internal AgentExited? Exited { get; private set; }

    /// <summary>Gives the parts of the artifact that the agent reads; null refuses. Without it, a read fails the test.</summary>
    internal Func<AgentArtifactRead, byte[]?>? OnRead { get; set; }

    internal AgentHello ReceiveHello()
    {
        JsonRpcMessage message = Receive();
        Assert.Equal("hello", message.Method);
        Assert.True(message.IsRequest);
        _helloId = message.Id.ToArray();
        AgentHello hello = JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentHello, "The hello");

        // The agent writes it by hand: it must be what the serializer would have written.
        using var writer = new FrameWriter();
        writer.WriteRequest(1, "hello", hello, AgentJsonContext.Default.AgentHello);
        Assert.Equal(JsonRpcMessage.Parse(writer.Pending[FrameReader.HeaderBytes..]).Parameters.ToArray(), message.Parameters.ToArray());
        return hello;
    }

    internal void AnswerHello(string? refusal = null)
    {
        if (refusal is null)
        {
            _writer.WriteResult(_helloId, new AgentWelcome { NodeVersion = "test" }, AgentJsonContext.Default.AgentWelcome);
        }
        else
        {
            _writer.WriteError(_helloId, new JsonRpcError(1, refusal));
        }

        Flush();
    }

    internal void Ping()
    {
        var ping = new AgentPing { Sequence = _lastId + 1000 };
        Assert.Equal(ping, Request("ping", ping, AgentJsonContext.Default.AgentPing, AgentJsonContext.Default.AgentPing));
    }

    /// <summary>Deploys a program of test/programs.</summary>
    internal int Deploy(string program, params string[] argv) => Deploy(Workload.Of(program, argv));

    /// <exception cref="JsonRpcException">The agent refused.</exception>
    internal int Deploy(AgentDeploy deploy)
    {
        using SafeFileHandle? artifact = deploy.Artifact.Attached ? File.OpenHandle(TestPrograms.Path(deploy.Name)) : null;
        return Deploy(deploy, artifact);
    }

    /// <inheritdoc cref="Deploy(AgentDeploy)"/>
    internal int Deploy(AgentDeploy deploy, SafeHandle? artifact) => Started(SendDeploy(deploy, artifact)).Pid;

    internal long SendDeploy(AgentDeploy deploy, SafeHandle? artifact) => Send("deploy", deploy, AgentJsonContext.Default.AgentDeploy, artifact);

    internal AgentStarted Started(long id) => Answer(id, AgentJsonContext.Default.AgentStarted);

    /// <returns>Whether there is something to stop.</returns>
    internal bool Undeploy(TimeSpan grace) => Undeploy((long)grace.TotalMilliseconds);

    internal bool Undeploy(long graceMs) => Request(
        "undeploy", new AgentUndeploy { GraceMs = graceMs }, AgentJsonContext.Default.AgentUndeploy, AgentJsonContext.Default.AgentUndeploying).Stopping;

    internal TResult Request<T, TResult>(string method, T parameters, JsonTypeInfo<T> type, JsonTypeInfo<TResult> resultType) =>
        Answer(Send(method, parameters, type), resultType);

    internal long Send<T>(string method, T parameters, JsonTypeInfo<T> type, SafeHandle? handle = null)
    {
        _writer.WriteRequest(++_lastId, method, parameters, type);
        Flush(handle);
        return _lastId;
    }

    /// <summary>Sends bytes as they are.</summary>
    internal void SendBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[SendSome(bytes, null)..];
        }
    }

    /// <exception cref="JsonRpcException">It is an error.</exception>
    internal T Answer<T>(long id, JsonTypeInfo<T> type)
    {
        Until(() => _answers.ContainsKey(id));
        _answers.Remove(id, out JsonRpcMessage answer);
        return answer.Error is { } error ? throw new JsonRpcException(error) : JsonRpcMessage.Read(answer.Result, type, "The answer");
    }

    internal AgentExited WaitForExited()
    {
        Until(() => Exited is not null);
        return Exited!;
    }

    /// <summary>Waits for a line that begins so, and returns the rest of it.</summary>
    internal string WaitForLine(string start)
    {
        int next = 0;
        string? found = null;
        Until(() =>
        {
            for (; found is null && next < _lines.Count; next++)
            {
                found = _lines[next].Text.StartsWith(start, StringComparison.Ordinal) ? _lines[next].Text[start.Length..] : null;
            }

            return found is not null;
        });
        return found!;
    }

    internal int WaitForId(string name) => int.Parse(WaitForLine(name + " "));

    /// <summary>Takes messages until the condition holds.</summary>
    internal void Until(Func<bool> condition)
    {
        while (!condition())
        {
            Handle(Receive());
        }
    }

    private void Handle(JsonRpcMessage message)
    {
        Assert.True(Exited is null || message.Method is null, $"A {message.Method} came after the end of the workload.");
        switch (message.Method)
        {
            case null:
                Assert.True(message.TryGetNumber(out long id) && id <= _lastId, "An answer to no request.");
                _answers.Add(id, message);
                break;
            case "workload.output":
                AgentOutput output = JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentOutput, "The output");
                Assert.NotEmpty(output.Lines);
                _lines.AddRange(output.Lines);
                break;
            case "workload.exited":
                Exited = JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentExited, "The end");
                break;
            case "artifact.read" when OnRead is not null:
                AnswerRead(message, OnRead);
                break;
            default:
                Assert.Fail($"The agent sent {message.Method}.");
                break;
        }
    }

    private void AnswerRead(JsonRpcMessage message, Func<AgentArtifactRead, byte[]?> onRead)
    {
        AgentArtifactRead read = JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentArtifactRead, "The read");
        if (onRead(read) is { } data)
        {
            _writer.WriteResult(message.Id, new AgentArtifactChunk { Data = data }, AgentJsonContext.Default.AgentArtifactChunk);
        }
        else
        {
            _writer.WriteError(message.Id, new JsonRpcError(AgentErrors.NoArtifact, "There is none."));
        }

        Flush();
    }

    private JsonRpcMessage Receive()
    {
        ReadOnlyMemory<byte> frame;
        while (!_reader.TryRead(out frame))
        {
            Wait(PollEvents.Readable);
            int? count = SocketMessage.TryReceive(_socket, _reader.GetMemory().Span, out SafeFileHandle? descriptor);
            Assert.Null(descriptor);
            Assert.True(count != 0, $"The agent ended the link. {Diagnostics}");
            _reader.Advance(count ?? 0);
        }

        return JsonRpcMessage.Parse(frame.ToArray());
    }

    private void Flush(SafeHandle? handle = null)
    {
        while (_writer.PendingBytes > 0)
        {
            _writer.Sent(SendSome(_writer.Pending.Span, handle));
            handle = null;
        }
    }

    private int SendSome(ReadOnlySpan<byte> bytes, SafeHandle? handle)
    {
        while (true)
        {
            if (SocketMessage.TrySend(_socket, bytes, handle) is { } sent)
            {
                return sent;
            }

            Wait(PollEvents.Writable);
        }
    }

    private void Wait(PollEvents what)
    {
        if (!Readiness.Is(_socket, what))
        {
            Assert.Fail($"The agent was not {what} within {Deadline}. {Diagnostics}");
        }
    }
}
