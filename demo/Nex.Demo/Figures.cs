namespace Nex.Demo;

/// <summary>What was measured.</summary>
internal sealed class Figures
{
    private readonly List<(string Name, string Value)> _all = [];

    internal IReadOnlyList<(string Name, string Value)> All => _all;

    internal void Add(string name, TimeSpan time) => Add(name, Text(time));

    internal void Add(string name, string value) => _all.Add((name, value));

    internal static string Text(TimeSpan time) =>
        time < TimeSpan.FromSeconds(1) ? $"{time.TotalMilliseconds:0.0} ms" : $"{time.TotalSeconds:0.00} s";

    internal static string Megabytes(long bytes) => $"{bytes / 1024.0 / 1024.0:0.0} MiB";
}
