namespace Nex.Testing.FirecrackerStandin.Tests.Replay;

/// <summary>How the answers of another Firecracker compare with those of a recording.</summary>
internal sealed class ReplayReport
{
    /// <summary>How many were the same, word for word where they have a fault.</summary>
    internal int Same { get; set; }

    /// <summary>Those with another status.</summary>
    internal List<string> Different { get; } = [];

    /// <summary>Those that refuse the same in other words: versions differ in them.</summary>
    internal List<string> Reworded { get; } = [];

    /// <summary>Calls that were not made, with the reason.</summary>
    internal List<string> LeftOut { get; } = [];

    public override string ToString() => string.Join(
        '\n',
        [
            $"{Same} the same, {Reworded.Count} in other words, {Different.Count} different, {LeftOut.Count} left out",
            .. Different, .. Reworded, .. LeftOut,
        ]);
}
