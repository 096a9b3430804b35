namespace Nex.ProcessManager.Tests.Pool.Linearizability;

/// <summary>What can happen to a pool: calls, and what agents do by themselves.</summary>
internal enum Act
{
    PrepareNext,
    Cancel,
    Prepare,
    Get,
    Lookup,
    List,
    Count,
    Stop,
    LameDuck,
    Close,
    Warm,
    Die,
    Remove,
}

/// <summary>Something that took effect at one moment between two that were seen.</summary>
internal sealed record PoolEvent
{
    /// <summary>The answer of a call that returns nothing.</summary>
    internal const string Done = "done";

    internal const string Cancelled = "cancelled";

    internal required Act Act { get; init; }

    /// <summary>The agent that it is about, if it is about one.</summary>
    internal string Agent { get; init; } = "";

    /// <summary>The name of the request that a prepare brings, and a cancel takes back.</summary>
    internal string Request { get; init; } = "";

    /// <summary>What was answered: an agent, a request, an error, or the picture of a moment.</summary>
    internal string Answer { get; init; } = Done;

    /// <summary>It had not happened then.</summary>
    internal required long From { get; init; }

    /// <summary>It had happened then. What nobody saw may not have happened at all.</summary>
    internal long To { get; init; } = long.MaxValue;

    public override string ToString() => $"{From,4} {(To == long.MaxValue ? "…" : To),4}  {Act} {Agent} {Request} -> {Answer}";
}
