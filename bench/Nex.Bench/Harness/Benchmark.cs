namespace Nex.Bench.Harness;

/// <summary>A family of figures that are measured together, so that what is compared was measured side by side.</summary>
internal abstract class Benchmark
{
    /// <summary>The names of all figures it can make.</summary>
    internal abstract IReadOnlyList<string> Names { get; }

    /// <summary>Measures those that are wanted. Leaves nothing behind, however it ends.</summary>
    /// <exception cref="SkippedException">They cannot be measured on this host.</exception>
    internal abstract Task<IReadOnlyList<Figure>> RunAsync(BenchContext context);
}

/// <summary>Something cannot be measured here; the message says why.</summary>
internal sealed class SkippedException(string reason) : Exception(reason);
