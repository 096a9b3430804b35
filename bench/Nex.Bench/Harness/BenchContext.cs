using Nex.Bench.Running;

namespace Nex.Bench.Harness;

/// <summary>How long a run may take.</summary>
internal enum Effort
{
    /// <summary>Below two minutes.</summary>
    Quick,

    /// <summary>Some five minutes.</summary>
    Default,

    /// <summary>As long as it takes for steady figures, and for 2,000 agents: some twenty minutes.</summary>
    Full,
}

/// <summary>What benchmarks share.</summary>
internal sealed class BenchContext(BenchOptions options, Workspace workspace, Progress progress, CancellationToken cancellationToken)
{
    internal Workspace Workspace => workspace;

    internal Progress Progress => progress;

    internal Programs Programs { get; } = new(workspace);

    internal CancellationToken CancellationToken => cancellationToken;

    /// <summary>The bare native program that agents are compared with.</summary>
    internal string BaselineProgram { get; } = Path.Combine(options.ArtifactsDirectory, "native", "Nex.Bench.Baseline");

    /// <summary>The bare native program on NATS that nodes are compared with.</summary>
    internal string BareNatsProgram { get; } = Path.Combine(options.ArtifactsDirectory, "native", "Nex.Bench.BareNats");

    /// <summary>The command line, as it is published.</summary>
    internal string NexProgram { get; } = Path.Combine(options.ArtifactsDirectory, "native", "nex");

    internal string AgentProgram { get; } = Path.Combine(options.ArtifactsDirectory, "native", "nex-agent");

    /// <summary>The kernel and the image of microVMs.</summary>
    internal string GuestDirectory { get; } = Path.Combine(options.ArtifactsDirectory, "guest");

    /// <summary>What could not be measured, and why.</summary>
    internal List<(string Name, string Reason)> Skipped { get; } = [];

    internal bool IsWanted(string name) =>
        options.Names.Count == 0 || options.Names.Any(wanted => name == wanted || name.StartsWith(wanted + ".", StringComparison.Ordinal));

    /// <summary>Makes what only some of the figures need.</summary>
    /// <returns>Null where the figure is not wanted, and where it cannot be measured here, which is noted.</returns>
    internal async Task<T?> TryAsync<T>(string name, Func<Task<T>> make)
        where T : class
    {
        if (!IsWanted(name))
        {
            return null;
        }

        try
        {
            return await make();
        }
        catch (SkippedException skipped)
        {
            Skipped.Add((name, skipped.Message));
            return null;
        }
    }

    /// <summary>Whether this host has memory for so many agents; notes it where not.</summary>
    internal bool HasRoomFor(int agents, string name)
    {
        const double spareMegabytes = 2048;
        double available = ProcessMemory.Available();
        bool hasRoom = available >= agents + spareMegabytes;
        if (!hasRoom)
        {
            Skipped.Add(($"{name} of {agents:#,0} agents", $"this host has {available:#,0} MB left"));
        }

        return hasRoom;
    }

    internal T Pick<T>(T quick, T normal, T full) => options.Effort switch
    {
        Effort.Quick => quick,
        Effort.Full => full,
        _ => normal,
    };
}
