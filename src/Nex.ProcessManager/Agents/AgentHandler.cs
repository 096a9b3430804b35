using Microsoft.Extensions.Logging;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.ProcessManager.Agents;

/// <summary>Takes what an agent sends. It is not trusted: it can say who it is once, read its own artifact, and report on its own workload.</summary>
internal sealed partial class AgentHandler(string agentId, TimeProvider time, ILogger logger) : IJsonRpcHandler
{
    private static readonly string Version = typeof(AgentHandler).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly TaskCompletionSource<AgentHello> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _workloadEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ArtifactFile? _artifact;
    private IWorkloadObserver? _observer;
    private bool _deployed;

    /// <summary>Completes when the agent has said who it is, and is who it should be.</summary>
    internal Task<AgentHello> Hello => _hello.Task;

    /// <summary>Why its hello was not accepted.</summary>
    internal AgentStartFailure? HelloFault { get; private set; }

    /// <summary>Completes when there is no workload that runs, from the first deploy on.</summary>
    internal Task WorkloadEnded
    {
        get
        {
            lock (_lock)
            {
                return _observer is null ? Task.CompletedTask : _workloadEnded.Task;
            }
        }
    }

    /// <summary>Completes when no deploy is on its way: whether there is a workload is known.</summary>
    internal Task Settled
    {
        get
        {
            lock (_lock)
            {
                return _deployed ? _settled.Task : Task.CompletedTask;
            }
        }
    }

    public JsonRpcReply OnRequest(string method, ReadOnlyMemory<byte> parameters)
    {
        if (method == AgentMethods.Hello)
        {
            return OnHello(JsonRpcMessage.Read(parameters, AgentJsonContext.Default.AgentHello, "The hello"));
        }

        if (method == AgentMethods.ReadClock)
        {
            // Asked by a guest that is about to become somebody, and from then on now and again.
            return JsonRpcReply.Result(new AgentClock { UnixNs = UnixNanoseconds(time.GetUtcNow()) }, AgentJsonContext.Default.AgentClock);
        }

        RequireHello(method);
        return method == AgentMethods.ReadArtifact
            ? OnReadArtifact(JsonRpcMessage.Read(parameters, AgentJsonContext.Default.AgentArtifactRead, "The artifact read"))
            : JsonRpcReply.Error(JsonRpcError.MethodNotFound, $"A node has no method '{method}'.");
    }

    public void OnNotification(string method, ReadOnlyMemory<byte> parameters)
    {
        if (method == AgentMethods.Waiting)
        {
            return;
        }

        RequireHello(method);
        switch (method)
        {
            case AgentMethods.Output:
                OnOutput(JsonRpcMessage.Read(parameters, AgentJsonContext.Default.AgentOutput, "The output"));
                break;
            case AgentMethods.Exited:
                AgentExited exited = JsonRpcMessage.Read(parameters, AgentJsonContext.Default.AgentExited, "The exit report");
                EndWorkload(new WorkloadExit(exited.Code, exited.Signal));
                break;
        }
    }

    /// <summary>A deploy begins. There can be one.</summary>
    internal bool TryAttach(ArtifactFile artifact, IWorkloadObserver observer)
    {
        lock (_lock)
        {
            bool first = !_deployed;
            if (first)
            {
                _deployed = true;
                _artifact = artifact;
                _observer = observer;
            }

            return first;
        }
    }

    /// <summary>The deploy is over. The artifact belongs to the caller again; a workload that did not start has no end to be told of.</summary>
    internal void Detach(bool started)
    {
        lock (_lock)
        {
            _artifact = null;
            _observer = started ? _observer : null;
        }

        _settled.TrySetResult();
        if (!started)
        {
            _workloadEnded.TrySetResult();
        }
    }

    /// <summary>Tells the observer of the end, once.</summary>
    internal void EndWorkload(WorkloadExit exit)
    {
        IWorkloadObserver? observer;
        lock (_lock)
        {
            observer = _observer;
            _observer = null;
        }

        Notify(() => observer?.OnExited(exit));
        _workloadEnded.TrySetResult();
    }

    private JsonRpcReply OnHello(AgentHello hello)
    {
        if (_hello.Task.IsCompleted)
        {
            throw Violation("It said hello twice.");
        }

        if (hello.AgentId != agentId)
        {
            HelloFault = AgentStartFailure.IdentityMismatch;
            throw Violation($"It says that it is agent '{hello.AgentId}'.");
        }

        if (hello.Protocol != AgentHello.CurrentProtocol)
        {
            throw Violation($"It speaks version {hello.Protocol} of the agent protocol, and this node version {AgentHello.CurrentProtocol}: use the agent that belongs to this node.");
        }

        if (hello.Providers.Contains(null))
        {
            throw Violation("The name of a provider is null.");
        }

        _hello.SetResult(hello);
        return JsonRpcReply.Result(new AgentWelcome { NodeVersion = Version }, AgentJsonContext.Default.AgentWelcome);
    }

    private JsonRpcReply OnReadArtifact(AgentArtifactRead read)
    {
        lock (_lock)
        {
            if (_artifact is not { } artifact || read.Offset < 0 || read.Count is < 0 or > LinkLimits.ArtifactChunk || read.Offset > artifact.Size)
            {
                return JsonRpcReply.Error(AgentErrors.NoArtifact, "There is no artifact to read for this agent, or not that part of it.");
            }

            byte[] data = new byte[Math.Min(read.Count, artifact.Size - read.Offset)];
            int count = RandomAccess.Read(artifact.Handle, data, read.Offset);
            Array.Resize(ref data, count);
            return JsonRpcReply.Result(new AgentArtifactChunk { Data = data }, AgentJsonContext.Default.AgentArtifactChunk);
        }
    }

    private void OnOutput(AgentOutput output)
    {
        if (output.Lines.Contains(null))
        {
            throw Violation("A line of its output is null.");
        }

        IWorkloadObserver? observer;
        lock (_lock)
        {
            observer = _observer;
        }

        foreach (AgentOutputLine line in output.Lines)
        {
            OutputStream stream = line.Stream == AgentOutputLine.StandardError ? OutputStream.StandardError : OutputStream.StandardOutput;
            Notify(() => observer?.OnOutput(new OutputLine(stream, line.Text, line.Continues)));
        }
    }

    private static long UnixNanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private void RequireHello(string method)
    {
        if (!_hello.Task.IsCompleted)
        {
            throw Violation($"It sent '{method}' before it said hello.");
        }
    }

    private void Notify(Action call)
    {
        try
        {
            call();
        }
        catch (Exception failure)
        {
            LogObserverFailed(logger, failure, agentId);
        }
    }

    private static LinkException Violation(string message) => new(LinkFault.MalformedFrame, message);

    [LoggerMessage(110, LogLevel.Error, "The observer of the workload on agent {AgentId} threw")]
    private static partial void LogObserverFailed(ILogger logger, Exception failure, string agentId);
}
