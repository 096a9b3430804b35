namespace Nex.Chaos.Faults;

/// <summary>One kind of harm.</summary>
/// <param name="Weight">How often it is chosen, beside the others.</param>
/// <param name="DoAsync">
/// Does it, with the dice of its step, and says whether it found somebody to do it to. Has undone what does not last when it completes or is cancelled.
/// </param>
internal sealed record Fault(int Weight, string Name, Func<Random, CancellationToken, Task<bool>> DoAsync)
{
    /// <summary>Whether answers, or events too, may be lost by it. Then it is not done in strict rounds.</summary>
    internal bool MayLose { get; init; }

    /// <summary>Whether it ends a process by SIGKILL.</summary>
    internal bool Kills { get; init; }

    /// <summary>Whether it ends the node, whose life is then another.</summary>
    internal bool EndsNode { get; init; }

    internal bool IsFor(Round round) => !(round.IsStrict && MayLose) && (round.MayEndNode || !EndsNode);
}
