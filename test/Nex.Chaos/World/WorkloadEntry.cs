using Nex.Control.Events;

namespace Nex.Chaos.World;

/// <summary>What a node said to a deploy.</summary>
internal enum DeployAnswer
{
    /// <summary>Nothing, as far as is known.</summary>
    None,

    Started,

    Refused,
}

/// <summary>One workload.</summary>
internal sealed class WorkloadEntry
{
    private int _starts;
    private int _stops;

    /// <summary>In the order in which they were asked for.</summary>
    internal required int Number { get; init; }

    internal required string Name { get; init; }

    internal required bool IsEssential { get; init; }

    internal required DateTimeOffset Asked { get; init; }

    internal DateTimeOffset? Ended { get; private set; }

    /// <summary>What the node answered to the deploy; null where it refused, or nothing is known.</summary>
    internal string? Id { get; set; }

    internal DeployAnswer Answer { get; set; }

    internal int Starts => Volatile.Read(ref _starts);

    internal int Stops => Volatile.Read(ref _stops);

    /// <summary>What is wrong with it when nothing runs any more; null where nothing is. What started has ended, whether its answer arrived or not.</summary>
    internal string? FaultAtRest => this switch
    {
        { Answer: DeployAnswer.Refused, Starts: > 0 } => "was refused, and told to have started",
        { Answer: DeployAnswer.Started, Starts: 0 } => "was answered to have started, and not told to have",
        { Starts: > 0, Stops: 0 } => "was told to have started, and not to have ended",
        { Starts: 0, Stops: > 0 } => "was told to have ended, and not to have started",
        _ => null,
    };

    internal void Count(string? type)
    {
        switch (type)
        {
            case EventTypes.WorkloadStarted:
                Interlocked.Increment(ref _starts);
                break;
            case EventTypes.WorkloadStopped:
                Interlocked.Increment(ref _stops);
                Ended = TimeProvider.System.GetUtcNow();
                break;
            default:
                break;
        }
    }
}
