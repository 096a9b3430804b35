using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>An agent that is a child process of ours, or a child of a bubblewrap that is.</summary>
internal sealed class SpawnedAgent : ILaunchedAgent
{
    /// <summary>The threads of the agent itself.</summary>
    private const int AgentThreads = 6;

    private readonly SupervisedChild _child;
    private readonly ProcessIdentity _identity;
    private readonly AgentDirectory _directory;
    private readonly AgentCgroup? _cgroup;
    private readonly bool _plain;
    private readonly ProcessManagerOptions _options;
    private readonly Task _settled;
    private readonly Task _output;
    private readonly UnixSocketLink _outputLink;
    private volatile bool _killed;

    internal SpawnedAgent(
        SupervisedChild child,
        AgentDirectory directory,
        UnixSocketLink link,
        UnixSocketLink outputLink,
        AgentDiagnostics diagnostics,
        AgentCgroup? cgroup,
        bool plain,
        ProcessManagerOptions options)
    {
        _child = child;
        _directory = directory;
        _cgroup = cgroup;
        _plain = plain;
        _options = options;
        _outputLink = outputLink;
        Link = link;
        _identity = ProcessIdentity.TryGet(child.ProcessId) ?? new ProcessIdentity(child.ProcessId, long.MaxValue);
        // Both go on while the agent starts, and the log that takes the one is strangers' code.
        _settled = Task.Run(Settle);
        _output = Task.Run(() => ReadOutputAsync(diagnostics));
    }

    public Link Link { get; }

    public Task<ProcessExit> Exited => _child.Exited;

    /// <summary>The process that was started: the agent, or the bubblewrap around it.</summary>
    internal int ProcessId => _child.ProcessId;

    public async Task CompleteAsync()
    {
        try
        {
            await _settled.ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            throw new AgentStartException(AgentStartFailure.NotStarted, $"The host could not make room for the agent: {failure.Message}", failure);
        }
    }

    public WorkloadLimits? ApplyLimits(WorkloadLimits? limits)
    {
        int? pids = limits?.Pids ?? _options.DefaultPidsLimit;
        var byCgroup = new WorkloadLimits { MemoryBytes = limits?.MemoryBytes, Cpus = limits?.Cpus, Pids = _plain ? pids : null };
        if (_cgroup is not null && _cgroup.CanApplyAny(byCgroup))
        {
            JoinCgroup();
            _cgroup.Apply(byCgroup);
        }

        // Inside namespaces the kernel counts the processes of each sandbox by themselves, and those of the agent with them.
        return _plain || pids is null ? null : new WorkloadLimits { Pids = pids + AgentThreads };
    }

    public void Kill()
    {
        bool again = _killed;
        _killed = true;
        if (_plain)
        {
            _cgroup?.Kill();
            _child.TrySignal(Signals.Kill);
            return;
        }

        // The child of bubblewrap is the first process of the namespace: with it, all others end, and bubblewrap reaps it and ends too.
        IReadOnlyList<int> children = Children.Of(_child.ProcessId);
        foreach (int child in children)
        {
            Children.TrySignal(child, Signals.Kill);
        }

        // Where that was not enough, bubblewrap itself is held up, as by SIGSTOP.
        if (children.Count == 0 || again)
        {
            _child.TrySignal(Signals.Kill);
        }
    }

    public async ValueTask DisposeAsync()
    {
        ProcessExit exit = await Exited.ConfigureAwait(false);
        if (_killed || exit.Code != 0)
        {
            // It may not have ended what it had started.
            ProcessSession.Kill(_identity);
        }

        await _settled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            _cgroup?.KillAndRemove();
        }
        finally
        {
            await Link.DisposeAsync().ConfigureAwait(false);
            // What it had written is read to its end, whoever else may still hold the other one.
            _outputLink.EndReading();
            await _output.ConfigureAwait(false);
            await _outputLink.DisposeAsync().ConfigureAwait(false);
            RunDirectory.Remove(_directory.Path);
        }
    }

    /// <summary>Writes down which process it is, and puts it into its cgroup where that is what its tree is found by.</summary>
    private void Settle()
    {
        RunDirectory.Record(_directory.Path, _identity);
        if (_plain)
        {
            // Inside namespaces the tree ends with its first process, and a cgroup is only made for limits.
            JoinCgroup();
        }
    }

    private void JoinCgroup()
    {
        if (_cgroup is null)
        {
            return;
        }

        _cgroup.Create();
        _cgroup.TryAdd(_child.ProcessId);
        foreach (int child in _plain ? [] : Children.Of(_child.ProcessId))
        {
            _cgroup.TryAdd(child);
        }
    }

    private async Task ReadOutputAsync(AgentDiagnostics diagnostics)
    {
        byte[] buffer = [];
        try
        {
            while (true)
            {
                // Agents rarely write: the buffer comes with the first line.
                await _outputLink.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
                buffer = buffer.Length == 0 ? new byte[4096] : buffer;
                int count = await _outputLink.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                diagnostics.Append(buffer.AsSpan(0, count));
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The agent has ended, and its end is reported by others.
        }

        diagnostics.Complete();
    }
}
