namespace Nex.Chaos;

/// <summary>A part of a run, after which there is rest.</summary>
/// <param name="IsStrict">Whether nothing is done that an answer or an event may be lost by: then each must be there.</param>
/// <param name="MayEndNode">Whether the node may be killed, and told to take no new workloads.</param>
internal sealed record Round(int Number, bool IsStrict, bool MayEndNode)
{
    /// <summary>Users alone, so that what runs for the first time has run.</summary>
    internal static readonly Round WarmUp = new(0, IsStrict: true, MayEndNode: false);

    public override string ToString() => $"round {Number}{(IsStrict ? ", strict" : "")}";
}
