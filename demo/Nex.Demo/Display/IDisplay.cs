namespace Nex.Demo.Display;

/// <summary>Where the demo says what it does. Lines come from one act after the other, and while the board is watched.</summary>
internal interface IDisplay
{
    /// <summary>Something new begins.</summary>
    void Heading(string text);

    /// <summary>Something happened.</summary>
    void Line(string text);

    /// <summary>Something was checked.</summary>
    void Check(bool holds, string claim);

    /// <summary>What was measured.</summary>
    void Figures(IReadOnlyList<(string Name, string Value)> figures);

    /// <summary>Shows the pool and the workloads as they change, where that is possible. Returns when it is cancelled.</summary>
    Task WatchAsync(Board board, CancellationToken cancellationToken);
}
