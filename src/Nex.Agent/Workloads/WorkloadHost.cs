using Microsoft.Win32.SafeHandles;
using Nex.Agent.Links;
using Nex.Agent.Providers;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Workloads;

/// <summary>
/// The one workload of this agent, from its deploy to its end. Used by the agent's thread alone, which calls it after every wait; every
/// call is safe in every state.
/// </summary>
internal sealed class WorkloadHost(AgentLink link, IReadOnlyList<IWorkloadProvider> providers) : IDisposable
{
    private ArtifactDownload? _download;
    private long _readId;
    private WorkloadProcess? _process;
    private ExitWatcher? _watcher;
    private OutputPipe[] _outputs = [];
    private byte[] _buffer = [];
    private ProcessExit? _exit;
    private bool _childless;
    private bool _used;
    private bool _killed;
    private bool _ended;

    /// <summary>When the process tree is to be killed, as a timestamp; null while nobody has asked for it.</summary>
    private long? _killAt;

    /// <summary>How long to wait at most.</summary>
    internal TimeSpan? Timeout =>
        _killAt is { } killAt && _exit is null ? TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), killAt) : null;

    /// <summary>Adds what is to be waited for, and returns how much that is.</summary>
    internal int AddPollEntries(Span<PollEntry> entries)
    {
        int count = 0;
        if (_watcher is not null && !_childless)
        {
            entries[count++] = _watcher.PollEntry;
        }

        foreach (OutputPipe output in _outputs)
        {
            if (!output.Ended && link.HasRoom)
            {
                entries[count++] = output.PollEntry;
            }
        }

        return count;
    }

    internal void Deploy(in JsonRpcMessage request)
    {
        AgentDeploy deploy = JsonRpcMessage.Read(request.Parameters, AgentJsonContext.Default.AgentDeploy, "The deploy request");
        SafeFileHandle? attachment = deploy.Artifact.Attached ? link.TakeAttachment() : null;
        if (_used)
        {
            attachment?.Dispose();
            link.Writer.WriteError(request.Id, new JsonRpcError(AgentErrors.AlreadyDeployed, "This agent has, or had, a workload already."));
            return;
        }

        _used = true;
        if (attachment is not null)
        {
            using (attachment)
            {
                Start(request.Id, deploy, attachment);
            }
        }
        else
        {
            _download = new ArtifactDownload(request.Id, deploy);
            RequestChunk();
        }
    }

    internal void Undeploy(in JsonRpcMessage request)
    {
        AgentUndeploy undeploy = JsonRpcMessage.Read(request.Parameters, AgentJsonContext.Default.AgentUndeploy, "The undeploy request");
        bool running = _process is not null && _exit is null;
        if (running)
        {
            BeginStop(TimeSpan.FromMilliseconds(Math.Clamp(undeploy.GraceMs, 0, int.MaxValue)));
        }
        else if (_download is not null)
        {
            FailDeploy(_download.DeployId, new ProviderException(AgentErrors.StartFailed, "The workload was undeployed before it started."));
            EndDownload();
        }

        link.Writer.WriteResult(request.Id, new AgentUndeploying { Stopping = running }, AgentJsonContext.Default.AgentUndeploying);
    }

    /// <summary>Takes an answer of the node; one that nobody waits for is ignored.</summary>
    internal void OnAnswer(in JsonRpcMessage answer)
    {
        if (_download is not { } download || !answer.TryGetNumber(out long id) || id != _readId)
        {
            return;
        }

        try
        {
            if (answer.Error is { } error)
            {
                throw new ProviderException(AgentErrors.ArtifactUnavailable, $"The node does not give the artifact: {error.Message}");
            }

            AgentArtifactChunk chunk = JsonRpcMessage.Read(answer.Result, AgentJsonContext.Default.AgentArtifactChunk, "A part of the artifact");
            if (download.Add(chunk.Data) is { } artifact)
            {
                Start(download.DeployId, download.Deploy, artifact);
                EndDownload();
            }
            else
            {
                RequestChunk();
            }
        }
        catch (ProviderException failure)
        {
            FailDeploy(download.DeployId, failure);
            EndDownload();
        }
    }

    /// <summary>Does what there is to do now: reaps, kills what is due, forwards output, and reports the end when all is over.</summary>
    internal void Advance()
    {
        if (_process is null || _ended)
        {
            return;
        }

        if (_killAt is { } killAt && TimeProvider.System.GetTimestamp() >= killAt)
        {
            // Once is enough to begin with: whatever this leaves behind becomes a child of the agent by a death that is noticed.
            _killAt = null;
            _process.KillTree();
            _killed = true;
        }

        ReapChildren(_process);
        bool more = ForwardOutput();
        if (_childless && _exit is { } exit && !more)
        {
            Report(exit);
        }
    }

    /// <summary>Ends the whole tree of the workload, and returns when no process of it is left.</summary>
    internal void Kill()
    {
        if (_process is null || _childless)
        {
            return;
        }

        do
        {
            while (Children.TryReap() is { } child)
            {
                if (child.ProcessId == _process.ProcessId)
                {
                    _process.MarkReaped();
                }
            }

            _process.KillTree();
        }
        while (Children.WaitForExit());
    }

    public void Dispose()
    {
        _download?.Dispose();
        _process?.Dispose();
        _watcher?.Dispose();
    }

    private void Start(ReadOnlyMemory<byte> deployId, AgentDeploy deploy, SafeFileHandle artifact)
    {
        try
        {
            IWorkloadProvider provider = providers.FirstOrDefault(provider => provider.Type == deploy.Type)
                ?? throw new ProviderException(AgentErrors.UnsupportedType, $"This agent runs no workloads of type '{deploy.Type}'.");
            if (deploy.PidsLimit is { } limit)
            {
                ProcessControl.LimitProcessCount(limit);
            }

            _process = provider.Start(deploy, artifact);
        }
        catch (ProviderException failure)
        {
            FailDeploy(deployId, failure);
            return;
        }
        catch (LinuxException failure)
        {
            FailDeploy(deployId, new ProviderException(AgentErrors.StartFailed, $"The number of processes could not be limited: {failure.Message}"));
            return;
        }

        link.Writer.WriteResult(deployId, new AgentStarted { Pid = _process.ProcessId }, AgentJsonContext.Default.AgentStarted);
        // The node learns of the start before this thread spends time on what only the end will need.
        link.Flush();
        _outputs =
        [
            new OutputPipe(_process.StandardOutput, AgentOutputLine.StandardOutput, link.Writer),
            new OutputPipe(_process.StandardError, AgentOutputLine.StandardError, link.Writer),
        ];
        _buffer = new byte[32 * 1024];
        _watcher = new ExitWatcher();
    }

    /// <summary>Asks the workload to end, waking it where it has been stopped. A later call can only shorten the wait.</summary>
    private void BeginStop(TimeSpan grace)
    {
        long deadline = TimeProvider.System.GetTimestamp() + (long)(grace.TotalSeconds * TimeProvider.System.TimestampFrequency);
        if (_killed)
        {
            return;
        }

        if (_killAt is null)
        {
            _process!.Signal(Signals.Terminate);
            _process.Signal(Signals.Continue);
        }

        _killAt = Math.Min(_killAt ?? long.MaxValue, deadline);
    }

    /// <summary>A workload is its main process: when that has ended, what it started must end too.</summary>
    private void ReapChildren(WorkloadProcess process)
    {
        if (_childless)
        {
            return;
        }

        int reaped = 0;
        _childless = !_watcher!.Reap((pid, exit) =>
        {
            reaped++;
            if (pid == process.ProcessId)
            {
                process.MarkReaped();
                _exit = exit;
            }
        });
        if (reaped > 0 && (_killed || _exit is not null))
        {
            process.KillTree();
        }
    }

    /// <returns>True while there may be more to read.</returns>
    private bool ForwardOutput()
    {
        bool more = !Array.TrueForAll(_outputs, static output => output.Ended);
        while (more && link.HasRoom)
        {
            // One read of each in turn, so that a stream which is always full does not hold the other back.
            more = false;
            foreach (OutputPipe output in _outputs)
            {
                more |= !output.Ended && output.Read(_buffer);
            }
        }

        return more;
    }

    private void Report(ProcessExit exit)
    {
        foreach (OutputPipe output in _outputs)
        {
            output.End();
        }

        _ended = true;
        link.Writer.WriteNotification(
            AgentMethods.Exited, new AgentExited { Code = exit.Code, Signal = exit.Signal }, AgentJsonContext.Default.AgentExited);
    }

    private void RequestChunk() =>
        _readId = link.WriteRequest(AgentMethods.ReadArtifact, _download!.Next, AgentJsonContext.Default.AgentArtifactRead);

    private void FailDeploy(ReadOnlyMemory<byte> deployId, ProviderException failure) =>
        link.Writer.WriteError(deployId, new JsonRpcError(failure.Code, failure.Message));

    private void EndDownload()
    {
        _download?.Dispose();
        _download = null;
    }
}
