using Nex.Control;
using Nex.Control.Events;
using Nex.Control.Messages;

namespace Nex.Node.Publishing;

/// <summary>What a node publishes of itself.</summary>
internal sealed class NodeAnnouncer(NodeCore node, Publisher publisher) : IAsyncDisposable
{
    private ITimer? _timer;

    internal void Started() => publisher.Event(
        ControlSubjects.SystemNamespace, EventTypes.NodeStarted, node.Id, new NodeStarted(NexNode.Version, node.Id), ControlJsonContext.Default.NodeStarted);

    internal void LameDuck() => publisher.Event(
        ControlSubjects.SystemNamespace,
        EventTypes.NodeEnteredLameDuck,
        node.Id,
        new NodeEnteredLameDuck(NexNode.Version, node.Id),
        ControlJsonContext.Default.NodeEnteredLameDuck);

    internal void Stopped(bool graceful) => publisher.Event(
        ControlSubjects.SystemNamespace, EventTypes.NodeStopped, node.Id, new NodeStopped(node.Id, graceful), ControlJsonContext.Default.NodeStopped);

    /// <summary>Says from now on, regularly, that the node is there.</summary>
    internal void BeginHeartbeats() => _timer = node.Time.CreateTimer(_ => Beat(), null, node.Options.HeartbeatInterval, node.Options.HeartbeatInterval);

    public async ValueTask DisposeAsync()
    {
        if (_timer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Beat() => publisher.Event(
        ControlSubjects.SystemNamespace,
        EventTypes.Heartbeat,
        node.Id,
        new Heartbeat(NexNode.Version, node.Id, node.UptimeText, node.Deployed.Count, node.Tags),
        ControlJsonContext.Default.Heartbeat);
}
