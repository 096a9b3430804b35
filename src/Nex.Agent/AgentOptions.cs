using System.Diagnostics.CodeAnalysis;

namespace Nex.Agent;

/// <summary>What an agent is told when it is started.</summary>
internal sealed record AgentOptions
{
    private const string Usage =
        "Usage: nex-agent --id ID --link DESCRIPTOR --work DIRECTORY. An agent is started by a Nex node, which gives it one end of a socket pair.";

    internal required string AgentId { get; init; }

    /// <summary>The descriptor of the link, inherited from the node.</summary>
    internal required int LinkDescriptor { get; init; }

    /// <summary>The working directory of the workload, empty and private to this agent.</summary>
    internal required string WorkDirectory { get; init; }

    internal static bool TryParse(string[] args, [NotNullWhen(true)] out AgentOptions? options, [NotNullWhen(false)] out string? fault)
    {
        string? id = Value(args, "--id"), link = Value(args, "--link"), work = Value(args, "--work");
        bool complete = args.Length == 6 && id is not null && work is not null;
        options = complete && int.TryParse(link, out int descriptor) && descriptor > 2
            ? new AgentOptions { AgentId = id!, LinkDescriptor = descriptor, WorkDirectory = work! }
            : null;
        fault = options is null ? Usage : null;
        return options is not null;
    }

    private static string? Value(string[] args, string name)
    {
        int index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
