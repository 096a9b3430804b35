using System.Globalization;
using Nex.Chaos.World;
using Nex.Linux.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What a node occupies when it has nothing to do.</summary>
internal sealed record Footprint
{
    internal required ProcessIdentity Node { get; init; }

    /// <summary>How many operations there have been until then, of this node and those before it.</summary>
    internal required long Operations { get; init; }

    internal required double Megabytes { get; init; }

    /// <summary>Besides those of cached artifacts.</summary>
    internal required int Descriptors { get; init; }

    internal static Footprint Of(ChaosWorld world)
    {
        int node = world.Node.ProcessId;
        return new Footprint
        {
            Node = world.Node.Identity,
            Operations = world.Tally.Operations,
            Megabytes = PrivateMegabytes(node),
            Descriptors = Directory.GetFiles($"/proc/{node}/fd").Count(file => !IsCached(file)),
        };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"at rest {Megabytes:0.0} MB and {Descriptors} open files");

    /// <summary>The cache keeps artifacts open, up to its size.</summary>
    private static bool IsCached(string descriptor) => new FileInfo(descriptor).LinkTarget?.Contains("memfd:artifact", StringComparison.Ordinal) == true;

    private static double PrivateMegabytes(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup")
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024;
}
