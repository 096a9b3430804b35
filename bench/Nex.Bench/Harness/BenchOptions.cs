using System.Diagnostics.CodeAnalysis;

namespace Nex.Bench.Harness;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    internal const string Usage = """
        usage: ./build.sh bench [--quick | --full] [--check] [--compare FILE] [NAME…]

          --quick   fewer samples, and no more than 200 agents: below two minutes on a quiet machine, instead of five
          --full    more samples, and up to 2,000 agents: some twenty minutes
          --check   exit with 1 when a limit is not met, as when something fails; what this host cannot run is not checked, and named at the end
          --compare FILE
                    tell how each figure differs from that of an earlier run, whose results.json is FILE; those of another scale are not compared
          NAME      only the figure of that name and those below it, such as deploy or agent.pss
        """;

    internal Effort Effort { get; init; } = Effort.Default;

    /// <summary>Whether a limit that is not met makes the run fail.</summary>
    internal bool Check { get; init; }

    /// <summary>The results of an earlier run, or null.</summary>
    internal string? CompareWith { get; init; }

    internal bool Help { get; init; }

    /// <summary>Where the native programs are, and the results go.</summary>
    internal string ArtifactsDirectory { get; init; } = Path.GetFullPath("artifacts");

    /// <summary>Only these figures, and those below them; all when there are none.</summary>
    internal IReadOnlyList<string> Names { get; init; } = [];

    internal static bool TryParse(
        IReadOnlyList<string> arguments, IReadOnlyList<string> known, out BenchOptions options, [NotNullWhen(false)] out string? fault)
    {
        options = new BenchOptions();
        fault = null;
        for (int index = 0; index < arguments.Count && fault is null; index++)
        {
            string argument = arguments[index];
            switch (argument)
            {
                case "--quick":
                    options = options with { Effort = Effort.Quick };
                    break;
                case "--full":
                    options = options with { Effort = Effort.Full };
                    break;
                case "--check":
                    options = options with { Check = true };
                    break;
                case "--compare" when index + 1 < arguments.Count:
                    options = options with { CompareWith = Path.GetFullPath(arguments[++index]) };
                    break;
                case "--help" or "-h":
                    options = options with { Help = true };
                    break;
                case "--artifacts" when index + 1 < arguments.Count:
                    options = options with { ArtifactsDirectory = Path.GetFullPath(arguments[++index]) };
                    break;
                default:
                    (options, fault) = options.WithName(argument, known);
                    break;
            }
        }

        return fault is null;
    }

    private (BenchOptions Options, string? Fault) WithName(string name, IReadOnlyList<string> known)
    {
        bool exists = known.Any(figure => figure == name || figure.StartsWith(name + ".", StringComparison.Ordinal));
        return exists
            ? (this with { Names = [.. Names, name] }, null)
            : (this, $"There is no figure '{name}'. There are: {string.Join(", ", known)}.");
    }
}
