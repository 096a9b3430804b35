using Microsoft.Win32.SafeHandles;
using Nex.Agent.Guests;
using Nex.Agent.Links;
using Nex.Agent.Messages;
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
/// <param name="cgroups">Below which a workload with limits gets a cgroup; null where limits are not the agent's to apply.</param>
internal sealed class WorkloadHost(AgentLink link, IReadOnlyList<IWorkloadProvider> providers, string? cgroups) : IDisposable
{
    private static readonly TimeSpan WatchDelay = TimeSpan.FromMilliseconds(20);

    private ArtifactDownload? _download;
    private WorkloadProcess? _process;
    private PidFd? _main;
    private ExitWatcher? _watcher;
    private long _watchAt;
    private OutputPipe[] _outputs = [];
    private byte[] _buffer = [];
    private ProcessExit? _exit;
    private bool _childless;
    private bool _used;
    private long _deployedAt;
    private bool _killed;
    private bool _ended;

    /// <summary>When the process tree is to be killed, as a timestamp; null while nobody has asked for it.</summary>
    private long? _killAt;

    /// <summary>How long to wait at most.</summary>
    internal TimeSpan? Timeout
    {
        get
        {
            if (_process is null || _childless)
            {
                return null;
            }

            long? due = _watcher is null ? Math.Min(_watchAt, _killAt ?? long.MaxValue) : _killAt;
            return due is { } at ? TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), at) : null;
        }
    }

    /// <summary>Adds what is to be waited for, and returns how much that is.</summary>
    internal int AddPollEntries(Span<PollEntry> entries)
    {
        int count = 0;
        if (_main is not null && _exit is null)
        {
            entries[count++] = new PollEntry(_main.Descriptor, PollEvents.Readable);
        }

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
        AgentDeploy deploy = AgentMessageReader.Deploy(request.Parameters);
        SafeFileHandle? attachment = deploy.Artifact.Attached ? link.TakeAttachment() : null;
        if (_used)
        {
            attachment?.Dispose();
            link.Messages.Error(request.Id, AgentErrors.AlreadyDeployed, "This agent has, or had, a workload already.");
            return;
        }

        _used = true;
        _deployedAt = TimeProvider.System.GetTimestamp();
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
            _download.AskFor(link.Messages);
        }
    }

    internal void Undeploy(in JsonRpcMessage request)
    {
        TimeSpan grace = AgentMessageReader.UndeployGrace(request.Parameters);
        bool running = _process is not null && _exit is null;
        if (running)
        {
            BeginStop(grace);
        }
        else if (_download is not null)
        {
            FailDeploy(_download.DeployId, new ProviderException(AgentErrors.StartFailed, "The workload was undeployed before it started."));
            EndDownload();
        }

        link.Messages.Undeploying(request.Id, running);
    }

    /// <summary>Takes an answer of the node; one that nobody waits for is ignored.</summary>
    internal void OnAnswer(in JsonRpcMessage answer)
    {
        if (_download is not { } download || !answer.TryGetNumber(out long id) || !download.Expects(id))
        {
            return;
        }

        try
        {
            if (answer.Error is { } error)
            {
                throw new ProviderException(AgentErrors.ArtifactUnavailable, $"The node does not give the artifact: {error.Message}");
            }

            download.AskFor(link.Messages);
            link.Flush();
            if (download.Add(answer.Result) is { } artifact)
            {
                Start(download.DeployId, download.Deploy, artifact);
                EndDownload();
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
        _main?.Dispose();
        _watcher?.Dispose();
    }

    private void Start(ReadOnlyMemory<byte> deployId, AgentDeploy deploy, SafeFileHandle artifact)
    {
        long fetchedAt = TimeProvider.System.GetTimestamp();
        try
        {
            IWorkloadProvider provider = providers.FirstOrDefault(provider => provider.Type == deploy.Type)
                ?? throw new ProviderException(AgentErrors.UnsupportedType, $"This agent runs no workloads of type '{deploy.Type}'.");
            if (deploy.PidsLimit is { } limit)
            {
                ProcessControl.LimitProcessCount(limit);
            }

            using WorkloadLimiter? limiter = cgroups is null ? null : WorkloadLimiter.TryEnter(cgroups, deploy);
            _process = provider.Start(deploy, artifact);
        }
        catch (ProviderException failure)
        {
            FailDeploy(deployId, failure);
            return;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            FailDeploy(deployId, new ProviderException(AgentErrors.StartFailed, $"The limits of the workload could not be applied: {failure.Message}"));
            return;
        }

        link.Messages.Started(
            deployId, _process.ProcessId, TimeProvider.System.GetElapsedTime(_deployedAt, fetchedAt), TimeProvider.System.GetElapsedTime(fetchedAt));
        // The node learns of the start before this thread spends time on what only the end will need.
        link.Flush();
        _outputs =
        [
            new OutputPipe(_process.StandardOutput, AgentOutputLine.StandardOutput, link.Writer),
            new OutputPipe(_process.StandardError, AgentOutputLine.StandardError, link.Writer),
        ];
        _buffer = new byte[32 * 1024];
        _main = PidFd.TryOpen(_process.ProcessId);
        _watchAt = Later(WatchDelay);
    }

    /// <summary>Asks the workload to end, waking it where it has been stopped. A later call can only shorten the wait.</summary>
    private void BeginStop(TimeSpan grace)
    {
        long deadline = Later(grace);
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
        for (; Children.TryReap() is { } child; reaped++)
        {
            if (child.ProcessId == process.ProcessId)
            {
                process.MarkReaped();
                _exit = child.Exit;
            }
        }

        _childless = !Children.Exist();
        if (reaped > 0 && (_killed || _exit is not null))
        {
            process.KillTree();
        }

        Watch();
    }

    /// <summary>
    /// A thread that watches for orphans is only started where there may be some: when the workload has not ended soon after its start, or
    /// has ended and left processes behind. Starting it would hold up the first lines of output.
    /// </summary>
    private void Watch()
    {
        if (_watcher is not null)
        {
            _watcher.Reaped();
        }
        else if (!_childless && (_exit is not null || TimeProvider.System.GetTimestamp() >= _watchAt))
        {
            _watcher = ExitWatcher.TryStart();
            // A workload that has all the processes there are leaves none for a thread. Until it has fewer, the agent looks by itself.
            _watchAt = Later(WatchDelay);
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
        link.Messages.Exited(exit.Code, exit.Signal);
    }

    private static long Later(TimeSpan wait) =>
        TimeProvider.System.GetTimestamp() + (long)(wait.TotalSeconds * TimeProvider.System.TimestampFrequency);

    private void FailDeploy(ReadOnlyMemory<byte> deployId, ProviderException failure) =>
        link.Messages.Error(deployId, failure.Code, failure.Message);

    private void EndDownload()
    {
        _download?.Dispose();
        _download = null;
    }
}
