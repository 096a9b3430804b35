using System.Text.Json;

namespace Nex.Client.Streams;

/// <summary>Which events are read. What is null is any.</summary>
public sealed record EventFilter
{
    /// <summary>The namespace; nodes tell of themselves in <c>system</c>. Null: all that this user may read.</summary>
    public string? Namespace { get; init; }

    /// <summary>The type, such as <c>workload_stopped</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The id of a node or of a workload, that it comes from.</summary>
    public string? Source { get; init; }
}

/// <summary>Something that a node or a workload tells.</summary>
public sealed record NodeEvent
{
    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its type, such as <c>workload_stopped</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The id of the node or of the workload that tells it.</summary>
    public required string Source { get; init; }

    /// <summary>What is unique to it.</summary>
    public required string Id { get; init; }

    /// <summary>When it happened, by the clock of who tells it; where it does not say, when it came here.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What happened, as JSON.</summary>
    public required JsonElement Data { get; init; }

    /// <summary>
    /// What happened, as one of the records of <see cref="Control.Events"/>, such as <see cref="Control.Events.WorkloadStopped"/>; null where the type
    /// has none, or the data does not fit it.
    /// </summary>
    public object? Details { get; init; }
}
