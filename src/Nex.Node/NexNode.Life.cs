using Microsoft.Extensions.Logging;
using Nex.Control;
using Nex.Control.Messages;
using Nex.Node.Artifacts;
using Nex.Node.Control;
using Nex.Node.Deploys;

namespace Nex.Node;

/// <summary>How it starts and ends, and what it answers.</summary>
public sealed partial class NexNode
{
    private async Task StartCoreAsync(CancellationToken cancellationToken)
    {
        // Before agents are started for nothing.
        await _connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        await _workloads.StartAsync(cancellationToken).ConfigureAwait(false);
        await _server.OpenAsync(_routes, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _state = NodeState.Running;
        }

        _announcer.Started();
        _announcer.BeginHeartbeats();
        LogStarted(_logger, Id, _core.Name);
    }

    private async Task StopCoreAsync()
    {
        Task starting;
        bool wasRunning;
        lock (_lock)
        {
            wasRunning = _state == NodeState.Running;
            _state = NodeState.Stopping;
            starting = _starting;
        }

        try
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _announcer.DisposeAsync().ConfigureAwait(false);
            await _server.CloseAsync().ConfigureAwait(false);
            // Requests in work may wait for workloads to end.
            Task workloads = _workloads.StopAsync(_force.Token);
            using var farewell = new CancellationTokenSource();
            Task answered = _server.FinishAsync(farewell.Token);
            await workloads.ConfigureAwait(false);
            await SayFarewellAsync(answered, wasRunning, farewell).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogStopFailed(_logger, failure);
        }

        _watch.Dispose();
        _server.Dispose();
        _publisher.Dispose();
        lock (_lock)
        {
            _state = NodeState.Stopped;
        }

        LogStopped(_logger, Id);
        _completion.TrySetResult();
    }

    /// <summary>Sends what is still to be sent: for as long as NATS takes it, and not for long where it is away.</summary>
    private async Task SayFarewellAsync(Task answered, bool wasRunning, CancellationTokenSource farewell)
    {
        await using ITimer patience = _time.CreateTimer(_ => farewell.Cancel(), null, FarewellTimeout, Timeout.InfiniteTimeSpan);
        // A deploy that was just in time has its workload followed before it is answered.
        await answered.ConfigureAwait(false);
        await _core.FollowedAsync().ConfigureAwait(false);
        if (wasRunning)
        {
            _announcer.Stopped(graceful: !_force.IsCancellationRequested);
        }

        await _publisher.CompleteAsync(farewell.Token).ConfigureAwait(false);
        try
        {
            // Lines of logs may still be on their way.
            _ = await _watch.ConfirmAsync(_watch.Current, farewell.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // NATS does not take them.
        }
    }

    /// <summary>The last workload has ended, or may have.</summary>
    private void StopWhenIdle()
    {
        if (_core is { Options.StopAfterLastWorkload: true, IsLameDuck: true, IsIdle: true })
        {
            _ = StopAsync(CancellationToken.None);
        }
    }

    private ControlRoute[] Routes(ArtifactFetcher artifacts)
    {
        var queries = new NodeQueries(_core);
        var checker = new ClaimsChecker(_core.Options, _time);
        var deploy = new DeployHandler(_core, checker, artifacts, _workloads);
        var stop = new StopHandler(_core, checker);
        return
        [
            Query("ping", MessageTypes.Ping, _ => queries.Ping(), ControlSubjects.PingAll, ControlSubjects.Ping(Id)),
            Query("wping", MessageTypes.Ping, queries.PingWorkload, ControlSubjects.Pattern("WPING", [null]), ControlSubjects.Pattern("WPING", null, null)),
            Query("info", MessageTypes.Info, queries.Info, ControlSubjects.Pattern("INFO", null, Id)),
            new("deploy", [ControlSubjects.Pattern("DEPLOY", null, Id)], MessageTypes.Run, deploy.HandleAsync) { IsPromise = true },
            // A node that stops, stops its workloads: it need not tell those who stop one.
            new("stop", [ControlSubjects.Pattern("STOP", null, Id)], MessageTypes.Stop, (request, _) => stop.HandleAsync(request)) { IsPromise = true },
            Query("lameduck", MessageTypes.LameDuck, _ => EnterLameDuck(), ControlSubjects.LameDuck(Id)) with { IsPromise = true },
        ];

        static ControlRoute Query(string name, string replyType, Func<ControlRequest, byte[]?> handle, params string[] subjects) =>
            new(name, subjects, replyType, (request, _) => ValueTask.FromResult(handle(request))) { IsQuick = true };
    }

    private byte[] EnterLameDuck()
    {
        // That agents without a workload end meanwhile is nothing that the answer has to wait for.
        _ = EnterLameDuckAsync();
        return Envelope.Success(MessageTypes.LameDuck, new LameDuckReply { NodeId = Id, Success = true }, ControlJsonContext.Default.LameDuckReply);
    }

    [LoggerMessage(530, LogLevel.Information, "Node {NodeId} ({Name}) takes workloads")]
    private static partial void LogStarted(ILogger logger, string nodeId, string name);

    [LoggerMessage(531, LogLevel.Information, "Lame duck: no new workloads; {Count} go on")]
    private static partial void LogLameDuck(ILogger logger, int count);

    [LoggerMessage(532, LogLevel.Information, "Node {NodeId} has ended")]
    private static partial void LogStopped(ILogger logger, string nodeId);

    [LoggerMessage(533, LogLevel.Error, "The node could not end as it should")]
    private static partial void LogStopFailed(ILogger logger, Exception failure);
}
