using System.Globalization;
using Nex.Chaos.Faults;
using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What a node occupies when it has nothing to do.</summary>
internal sealed record Footprint
{
    // A runtime keeps room for the most that it once had in work, which for machines are artifacts on their way into several guests.
    private const double MegabytesOfGrowth = 96;
    private const double ShareOfGrowth = 0.5;
    private const int DescriptorsOfGrowth = 16;

    internal required ProcessIdentity Node { get; init; }

    internal required double Megabytes { get; init; }

    /// <summary>Besides those of cached artifacts.</summary>
    internal required int Descriptors { get; init; }

    internal static Footprint Of(RunningNode node) => new()
    {
        Node = new ProcessIdentity(node.ProcessId, ProcessStat.TryRead(node.ProcessId)?.StartTime ?? 0),
        Megabytes = PrivateMegabytes(node.ProcessId),
        Descriptors = Directory.GetFiles($"/proc/{node.ProcessId}/fd").Count(file => !IsCached(file)),
    };

    internal static int AgentsOf(RunningNode node) => LiveProcesses.DescendantsOf(node.ProcessId).Count(Hosts.IsHost);

    /// <summary>What has become more than what a runtime may keep for later.</summary>
    internal IEnumerable<string> GrowthSince(Footprint earlier)
    {
        if (Megabytes > (earlier.Megabytes * (1 + ShareOfGrowth)) + MegabytesOfGrowth)
        {
            yield return $"The node's own memory has grown from {earlier.Megabytes:0} to {Megabytes:0} MB.";
        }

        if (Descriptors > earlier.Descriptors + DescriptorsOfGrowth)
        {
            yield return $"The node's open files have grown from {earlier.Descriptors} to {Descriptors}.";
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"at rest {Megabytes:0.0} MB and {Descriptors} open files");

    /// <summary>The cache keeps artifacts open, up to its size.</summary>
    private static bool IsCached(string descriptor) => new FileInfo(descriptor).LinkTarget?.Contains("memfd:artifact", StringComparison.Ordinal) == true;

    private static double PrivateMegabytes(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup")
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024;
}
