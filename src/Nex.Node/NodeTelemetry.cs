using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Nex.Node;

/// <summary>The metrics and traces of nodes. Tags have few values; never a name or an id.</summary>
public static class NodeTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Nex.Node";

    internal const string RequestType = "nex.request.type";
    internal const string Outcome = "nex.request.outcome";
    internal const string MessageKind = "nex.message.kind";
    internal const string ArtifactOutcome = "nex.artifact.outcome";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    internal static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("nex.node.requests", "{request}", "Requests of the control API, by type and outcome");

    internal static readonly UpDownCounter<long> RequestsInWork =
        Meter.CreateUpDownCounter<long>("nex.node.requests.active", "{request}", "Requests that are in work, by type");

    internal static readonly Histogram<double> RequestDuration =
        Meter.CreateHistogram<double>("nex.node.request.duration", "s", "From the arrival of a request until its reply is handed to NATS, by type and outcome");

    internal static readonly Counter<long> Published = Meter.CreateCounter<long>("nex.node.published", "{message}", "Messages that were published, by kind");

    internal static readonly Counter<long> Dropped =
        Meter.CreateCounter<long>("nex.node.publish.dropped", "{message}", "Messages that were dropped because NATS was away or too slow, by kind");

    internal static readonly UpDownCounter<long> Buffered =
        Meter.CreateUpDownCounter<long>("nex.node.publish.buffered", "{message}", "Messages that wait to be published");

    internal static readonly UpDownCounter<long> Connections =
        Meter.CreateUpDownCounter<long>("nex.node.connected", "{connection}", "Connections of nodes to NATS that are open");

    internal static readonly Counter<long> Artifacts =
        Meter.CreateCounter<long>("nex.node.artifacts", "{artifact}", "Artifacts of deploys, by where they came from: fetched, cached or failed");

    internal static readonly Counter<long> ArtifactBytes = Meter.CreateCounter<long>("nex.node.artifact.bytes", "By", "Bytes of artifacts that were fetched");

    internal static readonly Histogram<double> FetchDuration =
        Meter.CreateHistogram<double>("nex.node.artifact.fetch.duration", "s", "How long artifacts took to fetch");

    internal static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
