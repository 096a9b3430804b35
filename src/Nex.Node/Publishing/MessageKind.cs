namespace Nex.Node.Publishing;

/// <summary>What a message is, in the order of what may be dropped last.</summary>
internal enum MessageKind
{
    /// <summary>An event: kept as long as there is room for it alone.</summary>
    Event,

    /// <summary>A heartbeat, which the next one replaces.</summary>
    Heartbeat,

    /// <summary>A line of a log.</summary>
    Log,
}

/// <summary>A message that waits to be published.</summary>
/// <param name="Log">Whose log it is a line of.</param>
/// <param name="Lines">How many lines are lost with it: more than one where it tells of lines that were lost before.</param>
internal readonly record struct OutgoingMessage(MessageKind Kind, string Subject, byte[] Payload, WorkloadLog? Log = null, long Lines = 1)
{
    // What an entry takes besides its bytes.
    private const int Overhead = 96;

    /// <summary>The id of an event. It may be sent again when the connection is lost behind it: by this, a stream keeps it once.</summary>
    internal Guid? EventId { get; init; }

    /// <summary>Whether it tells of lines that were lost.</summary>
    internal bool TellsOfLoss { get; init; }

    internal long Cost => Payload.Length + Overhead;
}
