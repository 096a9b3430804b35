namespace Nex.Chaos.Faults;

/// <summary>One kind of harm.</summary>
/// <param name="Weight">How often it is chosen, beside the others.</param>
/// <param name="DoAsync">Does it, and says whether it found somebody to do it to. Has undone what does not last when it completes or is cancelled.</param>
internal sealed record Fault(int Weight, string Name, Func<CancellationToken, Task<bool>> DoAsync);
