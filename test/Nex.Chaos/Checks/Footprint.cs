using Nex.Chaos.World;
using Nex.Chaos.Faults;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What a node occupies when it has nothing to do.</summary>
internal sealed record Footprint
{
    private const double MegabytesOfGrowth = 32;
    private const double ShareOfGrowth = 0.5;
    private const int DescriptorsOfGrowth = 16;

    internal required double Megabytes { get; init; }

    internal required int Descriptors { get; init; }

    internal required int Agents { get; init; }

    internal static Footprint Of(RunningNode node) => new()
    {
        Megabytes = PrivateMegabytes(node.ProcessId),
        Descriptors = Directory.GetFiles($"/proc/{node.ProcessId}/fd").Length,
        Agents = LiveProcesses.DescendantsOf(node.ProcessId).Count(process => Hosts.IsAgent(process) || Hosts.IsMachine(process)),
    };

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

    private static double PrivateMegabytes(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup")
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])) / 1024;
}
