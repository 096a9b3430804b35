using System.Text;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;
using Nex.Testing.Waiting;

namespace Nex.Testing.Fakes;

/// <summary>An agent in memory: its process, which ends when the test or its plan says so, and what it says on its link.</summary>
internal sealed class FakeAgent : ILaunchedAgent
{
    private readonly FakeAgentPlan _plan;
    private readonly Action<string> _violate;
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _linkClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeLink _link = new();
    private readonly Milestones<(byte[]? Data, int? Error)> _answers = new();
    private readonly Lock _writing = new();
    private readonly FrameWriter _writer = new();
    private byte[] _deployId = [];
    private int _kills;
    private volatile bool _removed;
    private int _disposed;
    private volatile bool _running;

    internal FakeAgent(int number, string id, FakeAgentPlan plan, AgentDiagnostics diagnostics, Action<string> violate)
    {
        Number = number;
        Id = id;
        _plan = plan;
        _violate = violate;
        Link = new StreamLink(plan.Floods ? new FloodStream(_link.NodeSide) : _link.NodeSide);
        if (plan.Diagnostics is { } text)
        {
            diagnostics.Append(Encoding.UTF8.GetBytes(text));
        }

        _ = Task.Run(LiveAsync);
    }

    /// <summary>Which launch it came of, from 0 on.</summary>
    internal int Number { get; }

    internal string Id { get; }

    public Link Link { get; }

    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>The methods and parameters of everything that the node has asked for.</summary>
    internal Milestones<(string Method, string Parameters)> Asked { get; } = new();

    /// <summary>The limits that were applied.</summary>
    internal Milestones<WorkloadLimits?> Limits { get; } = new();

    /// <summary>Completes when the node has closed the link.</summary>
    internal Task LinkClosed => _linkClosed.Task;

    internal int Kills => Volatile.Read(ref _kills);

    internal bool IsDisposed => Volatile.Read(ref _disposed) > 0;

    public Task CompleteAsync() => _plan.Complete();

    public WorkloadLimits? ApplyLimits(WorkloadLimits? limits)
    {
        Limits.Add(limits);
        return _plan.ApplyLimits(limits);
    }

    public void Kill()
    {
        _plan.OnKilling(Interlocked.Increment(ref _kills));
        if (_plan.EndsWhenKilled)
        {
            Exit(signal: Signals.Kill);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!Exited.IsCompleted)
        {
            _violate($"Agent {Id} was disposed of before it had ended.");
        }

        if (_removed)
        {
            _violate($"Agent {Id} was disposed of twice.");
        }

        try
        {
            await _plan.Remove().ConfigureAwait(false);
            _removed = true;
        }
        finally
        {
            _ = Interlocked.Increment(ref _disposed);
            await Link.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Its process ends, once.</summary>
    internal void Exit(int code = 0, int? signal = null)
    {
        if (!_plan.LinkOutlivesProcess)
        {
            CloseLink();
        }

        _ = _exited.TrySetResult(signal is null ? new ProcessExit(code, null) : new ProcessExit(null, signal));
    }

    internal void CloseLink() => _link.AgentSide.Dispose();

    internal void SendBytes(params ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            WriteToLink(bytes.ToArray());
        }
    }

    internal void WriteOutput(params IEnumerable<string> lines) => Send(writer => writer.WriteNotification(
        AgentMethods.Output,
        new AgentOutput { Lines = [.. lines.Select(line => new AgentOutputLine { Stream = AgentOutputLine.StandardOutput, Text = line })] },
        AgentJsonContext.Default.AgentOutput));

    internal void EndWorkload(int? code = 0, int? signal = null)
    {
        _running = false;
        Send(writer => writer.WriteNotification(
            AgentMethods.Exited, new AgentExited { Code = signal is null ? code : null, Signal = signal }, AgentJsonContext.Default.AgentExited));
    }

    /// <summary>Answers the deploy that it was asked for last.</summary>
    internal void AnswerDeploy()
    {
        _running = true;
        Send(writer => writer.WriteResult(_deployId, new AgentStarted { Pid = 2 }, AgentJsonContext.Default.AgentStarted));
    }

    internal void RefuseDeploy(int code) => Send(writer => writer.WriteError(_deployId, new JsonRpcError(code, "It is refused.")));

    /// <summary>Asks the node for a part of its artifact.</summary>
    /// <returns>What was answered: the bytes, or the code of an error.</returns>
    internal async Task<(byte[]? Data, int? Error)> ReadArtifactAsync(long offset, int count)
    {
        int before = _answers.Reached.Count;
        Send(writer => writer.WriteRequest(
            2, AgentMethods.ReadArtifact, new AgentArtifactRead { Offset = offset, Count = count }, AgentJsonContext.Default.AgentArtifactRead));
        return await _answers.AtAsync(before).ConfigureAwait(false);
    }

    internal void SendHello(string id, int protocol) => Send(writer => writer.WriteRequest(
        1,
        AgentMethods.Hello,
        new AgentHello { AgentId = id, Protocol = protocol, Version = "1.2.3", Providers = [WorkloadTypes.Elf] },
        AgentJsonContext.Default.AgentHello));

    private async Task LiveAsync()
    {
        await _plan.HelloGate.ConfigureAwait(false);
        SayHello();
        try
        {
            using var frames = new FrameReader(LinkLimits.ToAgent);
            int count;
            while ((count = await _link.AgentSide.ReadAsync(frames.GetMemory()).ConfigureAwait(false)) > 0)
            {
                frames.Advance(count);
                while (frames.TryRead(out ReadOnlyMemory<byte> frame))
                {
                    OnMessage(JsonRpcMessage.Parse(frame));
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // It closed the link itself.
        }

        _ = _linkClosed.TrySetResult();
        if (_plan.EndsWithLink)
        {
            Exit();
        }
    }

    private void SayHello()
    {
        switch (_plan.Hello)
        {
            case FakeHello.Normal:
                SendHello(Id, AgentHello.CurrentProtocol);
                break;
            case FakeHello.Twice:
                SendHello(Id, AgentHello.CurrentProtocol);
                SendHello(Id, AgentHello.CurrentProtocol);
                break;
            case FakeHello.OtherId:
                SendHello("another", AgentHello.CurrentProtocol);
                break;
            case FakeHello.OtherProtocol:
                SendHello(Id, AgentHello.CurrentProtocol + 1);
                break;
            case FakeHello.Nonsense:
                SendBytes("GET / HTTP/1.1\r\n"u8);
                break;
            case FakeHello.Never:
                break;
        }
    }

    private void OnMessage(JsonRpcMessage message)
    {
        if (!message.IsRequest)
        {
            if (message.TryGetNumber(out long number) && number == 2)
            {
                _answers.Add((message.Error is null ? JsonRpcMessage.Read(message.Result, AgentJsonContext.Default.AgentArtifactChunk, "The chunk").Data : null, message.Error?.Code));
            }

            return;
        }

        byte[] id = message.Id.ToArray();
        switch (message.Method)
        {
            case AgentMethods.Ping:
                AgentPing ping = JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentPing, "The ping");
                Answer(_plan.Ping, id, writer => writer.WriteResult(id, ping, AgentJsonContext.Default.AgentPing));
                break;
            case AgentMethods.Deploy:
                _deployId = id;
                _running = _plan.Deploy == FakeAnswer.Normal;
                Answer(_plan.Deploy, id, writer => writer.WriteResult(id, new AgentStarted { Pid = 2 }, AgentJsonContext.Default.AgentStarted));
                break;
            case AgentMethods.Undeploy:
                Answer(_plan.Undeploy, id, writer => writer.WriteResult(id, new AgentUndeploying { Stopping = _running }, AgentJsonContext.Default.AgentUndeploying));
                EndWorkloadWhenAsked();
                break;
        }

        Asked.Add((message.Method!, Encoding.UTF8.GetString(message.Parameters.Span)));
    }

    private void EndWorkloadWhenAsked()
    {
        if (_running && _plan.Undeploy == FakeAnswer.Normal)
        {
            EndWorkload(signal: Signals.Terminate);
        }
    }

    private void Answer(FakeAnswer kind, byte[] id, Action<FrameWriter> normal)
    {
        if (kind == FakeAnswer.Refused)
        {
            Send(writer => writer.WriteError(id, new JsonRpcError(AgentErrors.StartFailed, "It is refused.")));
        }
        else if (kind != FakeAnswer.None)
        {
            Send(normal);
        }
    }

    private void Send(Action<FrameWriter> write)
    {
        lock (_writing)
        {
            write(_writer);
            WriteToLink(_writer.Pending);
            _writer.Dispose();
        }
    }

    private void WriteToLink(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _link.AgentSide.Write(bytes.Span);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The link has ended: what is said then is heard by nobody.
        }
    }
}
