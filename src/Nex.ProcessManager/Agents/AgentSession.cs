using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Telemetry;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tasks;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Agents;

/// <summary>
/// The node's conversation with one agent: the handshake, the pings that show that it is alive, and its one workload. It ends once, for
/// the first reason that comes.
/// </summary>
internal sealed class AgentSession : IAgent, IAsyncDisposable
{
    private const int EntropyBytes = 64;
    private const double MaxClockErrorMs = 100;
    private static readonly TimeSpan HealthyAnswer = TimeSpan.FromSeconds(1);

    private readonly ILaunchedAgent _launched;
    private readonly ProcessManagerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AgentHandler _handler;
    private readonly JsonRpcPeer _peer;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task<LinkException> _reading;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<AgentEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<AgentExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkloadLimits? _limits;
    private long _pingedAt;

    internal AgentSession(string agentId, ILaunchedAgent launched, ProcessManagerOptions options, TimeProvider time, ILogger logger)
    {
        Id = agentId;
        _launched = launched;
        _options = options;
        _time = time;
        _logger = logger;
        _handler = new AgentHandler(agentId, time, logger);
        _peer = new JsonRpcPeer(launched.Link, _handler, LinkLimits.ToNode);
        // On its own: a peer that never pauses would not let this constructor return.
        _reading = Task.Run(_peer.RunAsync);
        _ = WatchLinkAsync();
        _ = WatchProcessAsync();
    }

    public string Id { get; }

    public bool IsHealthy => !Over.IsCompleted && OwedFor() <= HealthyAnswer;

    public Task<AgentExit> Exited => _exited.Task;

    /// <summary>Completes at once when the link or the process ends, or a ping stays unanswered. Never fails.</summary>
    internal Task Over => _over.Task;

    /// <summary>Completes behind <see cref="Over"/>, when the reason is known. Never fails.</summary>
    internal Task<AgentEnd> Ended => _ended.Task;

    /// <summary>Completes when there is no workload that runs: none was deployed, or it has ended. Never fails.</summary>
    internal Task WorkloadEnded => _handler.WorkloadEnded;

    /// <summary>Completes when no deploy is on its way. Never fails.</summary>
    internal Task Settled => _handler.Settled;

    /// <summary>Called when its deploy has been answered, or given up. Must return at once.</summary>
    internal Action? DeployEnded { get; set; }

    /// <summary>The request it was prepared for.</summary>
    internal DeployRequest? Request { get; private set; }

    /// <summary>Waits until the agent has said who it is and all that belongs to it is in place. Then the pings begin.</summary>
    /// <exception cref="AgentStartException">It did not become warm; the caller disposes of the session and of the process.</exception>
    internal async Task HandshakeAsync(StartDeadline deadline)
    {
        if (_launched.IsGuest)
        {
            await StepAsync(AdoptAsync(), deadline, "did not take its identity").ConfigureAwait(false);
        }

        await StepAsync(_handler.Hello, deadline, "did not say hello").ConfigureAwait(false);
        await StepAsync(_launched.CompleteAsync(), deadline, "was not put in place").ConfigureAwait(false);
        _ = PingAsync();
    }

    /// <summary>Takes the request it will be deployed with, and applies its limits.</summary>
    /// <exception cref="IOException">The host failed to apply a limit.</exception>
    internal void Prepare(DeployRequest request)
    {
        _limits = _launched.ApplyLimits(request.Limits);
        Request = request;
    }

    public async Task DeployAsync(ArtifactFile artifact, IWorkloadObserver observer, CancellationToken cancellationToken)
    {
        DeployRequest request = Request ?? throw new InvalidOperationException($"Agent {Id} has not been prepared.");
        if (!_handler.TryAttach(artifact, observer))
        {
            throw new DeployException(DeployFailure.AlreadyDeployed, $"Agent {Id} has, or had, a workload already.");
        }

        Activity? activity = ProcessManagerTelemetry.Begin("agent.deploy", _logger);
        long asked = _time.GetTimestamp();
        bool started = false;
        try
        {
            AgentStarted answer = await RequestDeployAsync(request, artifact, activity?.Id, cancellationToken).ConfigureAwait(false);
            started = true;
            ProcessManagerTelemetry.Harmless(() => AgentTrace.Add(activity, answer, _time.GetElapsedTime(asked)), _logger);
        }
        catch (JsonRpcException failure)
        {
            throw new DeployException(DeployException.FromAgent(failure.Code), $"Workload '{request.Name}' was not started: {failure.Message}", failure);
        }
        catch (LinkException failure)
        {
            throw new DeployException(
                DeployFailure.AgentLost, $"Agent {Id} ended before workload '{request.Name}' had started: {failure.Message}", failure);
        }
        finally
        {
            ProcessManagerTelemetry.End(activity, _logger);
            _handler.Detach(started);
            DeployEnded?.Invoke();
        }
    }

    public async Task UndeployAsync(TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        try
        {
            await _peer.RequestAsync(
                AgentMethods.Undeploy,
                new AgentUndeploy { GraceMs = (long)gracePeriod.TotalMilliseconds },
                AgentJsonContext.Default.AgentUndeploy,
                AgentJsonContext.Default.AgentUndeploying,
                handle: null,
                cancellationToken).ConfigureAwait(false);
        }
        catch (JsonRpcException failure)
        {
            End(AgentExitCause.ProtocolViolation, $"It answered an undeploy with an error: {failure.Message}");
        }
        catch (LinkException)
        {
            // The agent has ended, and its workload with it.
        }
    }

    /// <summary>Nothing of the agent is left.</summary>
    internal void SetExited(AgentExit exit) => _exited.TrySetResult(exit);

    /// <summary>Ends the conversation: an agent whose link ends, ends its workload and itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _peer.DisposeAsync().ConfigureAwait(false);
        // The observer hears of the end behind everything that had arrived, and only of that of a workload that started.
        await _reading.ConfigureAwait(false);
        await _handler.Settled.ConfigureAwait(false);
        _handler.EndWorkload(new WorkloadExit(null, null, AgentLost: true));
    }

    private bool WasKilled => _launched.Exited is { IsCompletedSuccessfully: true, Result.Signal: Linux.Signals.Kill };

    /// <summary>How long the answer to a ping has been owed.</summary>
    private TimeSpan OwedFor() => Volatile.Read(ref _pingedAt) is var pinged and not 0 ? _time.GetElapsedTime(pinged) : TimeSpan.Zero;

    /// <summary>Makes a machine, which may be one of many clones, somebody.</summary>
    private async Task AdoptAsync()
    {
        byte[] entropy = RandomNumberGenerator.GetBytes(EntropyBytes);
        try
        {
            AgentAdopted adopted = await _peer.RequestAsync(
                AgentMethods.Adopt,
                new AgentAdopt { AgentId = Id, Entropy = entropy },
                AgentJsonContext.Default.AgentAdopt,
                AgentJsonContext.Default.AgentAdopted,
                handle: null,
                _closing.Token).ConfigureAwait(false);
            if (!(adopted.ClockErrorMs <= MaxClockErrorMs))
            {
                throw new AgentStartException(
                    AgentStartFailure.NotStarted,
                    $"The clock of agent {Id} may be off by {adopted.ClockErrorMs:0} ms, more than {MaxClockErrorMs}: the host is too busy to answer it in time.");
            }
        }
        catch (JsonRpcException failure)
        {
            throw new AgentStartException(AgentStartFailure.ProtocolViolation, $"Agent {Id} did not take its identity: {failure.Message}", failure);
        }
        catch (LinkException)
        {
            // The conversation is over, for a reason that is reported as that.
            await Over.ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(entropy);
        }
    }

    private async Task StepAsync(Task step, StartDeadline deadline, string missing)
    {
        Task first = await Task.WhenAny(deadline.Over, step, Over).ConfigureAwait(false);
        if (first != step)
        {
            // Nobody waits for it any more, and so nobody for its failure.
            step.Observe();
            throw first == deadline.Over ? deadline.Failure(missing) : StartFailure(await Ended.ConfigureAwait(false));
        }

        await step.ConfigureAwait(false);
        // Who waits for the end of the process hears of it a moment later.
        if (Over.IsCompleted || _launched.Exited.IsCompleted)
        {
            throw StartFailure(await Ended.ConfigureAwait(false));
        }
    }

    private async Task<AgentStarted> RequestDeployAsync(DeployRequest request, ArtifactFile artifact, string? traceparent, CancellationToken cancellationToken)
    {
        try
        {
            return await SendDeployAsync(_launched.Link.CarriesHandles).ConfigureAwait(false);
        }
        catch (HandleNotSentException)
        {
            return await SendDeployAsync(attached: false).ConfigureAwait(false);
        }

        Task<AgentStarted> SendDeployAsync(bool attached) => _peer.RequestAsync(
            AgentMethods.Deploy,
            AgentDeployment.Of(request, artifact, _limits, attached) with { Traceparent = traceparent },
            AgentJsonContext.Default.AgentDeploy,
            AgentJsonContext.Default.AgentStarted,
            attached ? artifact.Handle : null,
            cancellationToken);
    }

    private async Task WatchLinkAsync()
    {
        LinkException end = await _reading.ConfigureAwait(false);
        _over.TrySetResult();
        bool violation = end.IsViolation;
        if (!violation)
        {
            // Usually the process is just ending: how it does says more than that its link has closed.
            await Task.WhenAny(_launched.Exited, Task.Delay(_options.ExitTimeout, _time, _closing.Token)).ConfigureAwait(false);
        }

        if (violation || !_launched.Exited.IsCompleted)
        {
            End(violation ? AgentExitCause.ProtocolViolation : AgentExitCause.LinkLost, end.Message);
        }
    }

    private async Task WatchProcessAsync()
    {
        ProcessExit exit = await _launched.Exited.ConfigureAwait(false);
        _over.TrySetResult();
        // What it sent before it ended still counts.
        await Task.WhenAny(_reading, Task.Delay(_options.ExitTimeout, _time, _closing.Token)).ConfigureAwait(false);
        if (_reading.IsCompleted && (await _reading.ConfigureAwait(false)).IsViolation)
        {
            // It ended because its link was closed on it, for a reason that is reported with that.
            return;
        }

        End(AgentExitCause.ProcessExited, $"Its process ended with {exit}.");
    }

    private void End(AgentExitCause cause, string detail)
    {
        _ended.TrySetResult(new AgentEnd(cause, detail));
        _over.TrySetResult();
    }

    private async Task PingAsync()
    {
        using var timer = new PeriodicTimer(_options.PingInterval, _time);
        try
        {
            for (long sequence = 1; await timer.WaitForNextTickAsync(_closing.Token).ConfigureAwait(false); sequence++)
            {
                // A clock may begin at 0, which means that no answer is owed.
                Volatile.Write(ref _pingedAt, Math.Max(1, _time.GetTimestamp()));
                Task<AgentPing> answer = _peer.RequestAsync(
                    AgentMethods.Ping,
                    new AgentPing { Sequence = sequence },
                    AgentJsonContext.Default.AgentPing,
                    AgentJsonContext.Default.AgentPing,
                    handle: null,
                    _closing.Token);
                // When its time is over, nobody waits for it any more, and so nobody for its failure.
                answer.Observe();
                await answer.WaitAsync(_options.PingTimeout, _time, _closing.Token).ConfigureAwait(false);
                Volatile.Write(ref _pingedAt, 0);
            }
        }
        catch (TimeoutException)
        {
            End(AgentExitCause.Unresponsive, $"It did not answer a ping within {_options.PingTimeout.TotalSeconds:0.###} s.");
        }
        catch (JsonRpcException failure)
        {
            End(AgentExitCause.ProtocolViolation, $"It answered a ping with an error: {failure.Message}");
        }
        catch (Exception failure) when (failure is LinkException or OperationCanceledException)
        {
            // The conversation is over, for a reason that is reported elsewhere.
        }
    }

    private AgentStartException StartFailure(AgentEnd end) => end.Cause == AgentExitCause.ProcessExited
        ? new AgentStartException(WasKilled ? AgentStartFailure.Killed : AgentStartFailure.Exited, $"Agent {Id} ended before it said hello. {end.Detail}")
        : new AgentStartException(_handler.HelloFault ?? AgentStartFailure.ProtocolViolation, $"Agent {Id} did not say hello as it should. {end.Detail}");
}

/// <summary>Why the conversation with an agent is over.</summary>
internal sealed record AgentEnd(AgentExitCause Cause, string Detail);
