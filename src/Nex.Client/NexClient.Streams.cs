using System.Runtime.CompilerServices;
using Nex.Client.Nodes;
using Nex.Client.Requests;
using Nex.Client.Streams;
using Nex.Control;

namespace Nex.Client;

// What nodes and workloads tell, and which node to take.
public sealed partial class NexClient
{
    /// <summary>
    /// Chooses a node: of those that answer, are not in lame duck mode, run the type and have the tags, the one with the most room, which is
    /// available memory, and where that is about the same, the fewest workloads.
    /// </summary>
    /// <exception cref="ControlException">No node fits; the message says why each does not.</exception>
    public Task<NodeCandidate> SelectNodeAsync(NodeRequirements requirements, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        return NodeSelector.SelectAsync(this, requirements, cancellationToken);
    }

    /// <summary>Reads log lines from now on, in the order that each workload wrote them, until the token is cancelled.</summary>
    public async IAsyncEnumerable<NodeLogLine> ReadLogsAsync(LogFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using SubjectStream<NodeLogLine> lines = await OpenLogsAsync(filter, cancellationToken).ConfigureAwait(false);
        await foreach (NodeLogLine line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <summary>Reads events from now on, until the token is cancelled.</summary>
    public async IAsyncEnumerable<NodeEvent> ReadEventsAsync(EventFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using SubjectStream<NodeEvent> events = await OpenEventsAsync(filter, cancellationToken).ConfigureAwait(false);
        await foreach (NodeEvent each in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return each;
        }
    }

    /// <summary>As <see cref="ReadLogsAsync"/>, for who must not miss what comes after this returns.</summary>
    public Task<SubjectStream<NodeLogLine>> OpenLogsAsync(LogFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return OpenAsync(Subjects(filter), (subject, payload) => Pass(filter, LogLineReader.Read(subject, payload, Options.TimeProvider.GetUtcNow())), cancellationToken);
    }

    /// <summary>As <see cref="ReadEventsAsync"/>, for who must not miss what comes after this returns.</summary>
    public Task<SubjectStream<NodeEvent>> OpenEventsAsync(EventFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return OpenAsync(
            [ControlSubjects.Pattern("events", Any(filter.Namespace), Any(filter.Type))],
            (subject, payload) => Pass(filter, NodeEventReader.Read(subject, payload, Options.TimeProvider.GetUtcNow())),
            cancellationToken);
    }

    private async Task<SubjectStream<T>> OpenAsync<T>(string[] subjects, Func<string, byte[], T?> read, CancellationToken cancellation)
        where T : class
    {
        using var end = new CancellationTokenSource(Options.Timeout, Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        try
        {
            return await SubjectStream<T>.OpenAsync(_connection, subjects, read, either.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (Requester.IsAway(failure, cancellation))
        {
            throw Requester.Unavailable("NATS", failure);
        }
    }

    // The original has the last two tokens the other way round. Where one of them is asked for, both orders are subscribed to, so that nothing
    // comes over the network that is not wanted.
    private static string[] Subjects(LogFilter filter)
    {
        (string? space, string? node, string? name, string? id) = (Any(filter.Namespace), Any(filter.NodeId), Any(filter.WorkloadName), Any(filter.WorkloadId));
        string ours = ControlSubjects.Pattern("logs", space, node, name, id);
        string theirs = ControlSubjects.Pattern("logs", space, node, id, name);
        return ours == theirs ? [ours] : [ours, theirs];
    }

    private static string? Any(string? text) => text is null ? null : Token(text);

    private static NodeLogLine? Pass(LogFilter filter, NodeLogLine? line) =>
        line is not null
        && line.Level >= filter.MinimumLevel
        && (filter.WorkloadName is null || filter.WorkloadName == line.WorkloadName)
        && (filter.WorkloadId is null || filter.WorkloadId == line.WorkloadId)
            ? line
            : null;

    private static NodeEvent? Pass(EventFilter filter, NodeEvent? each) =>
        each is not null && (filter.Source is null || filter.Source == each.Source) ? each : null;
}
