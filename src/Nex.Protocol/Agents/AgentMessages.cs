using System.Text.Json.Serialization;

namespace Nex.Protocol.Agents;

/// <summary>What an agent says of itself.</summary>
internal sealed record AgentHello
{
    /// <summary>The version of the protocol that is described in docs/agent-protocol.md.</summary>
    internal const int CurrentProtocol = 1;

    public required string AgentId { get; init; }

    public required int Protocol { get; init; }

    public required string Version { get; init; }

    /// <summary>The types of workload it can run.</summary>
    public required IReadOnlyList<string> Providers { get; init; }
}

/// <summary>The node has accepted an agent.</summary>
internal sealed record AgentWelcome
{
    public required string NodeVersion { get; init; }
}

internal sealed record AgentPing
{
    public required long Sequence { get; init; }
}

/// <summary>What to run. The artifact comes along as an open file, or is read over the link.</summary>
internal sealed record AgentDeploy
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>The name under which the program is started, its <c>argv[0]</c>.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<string> Argv { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required AgentArtifact Artifact { get; init; }

    /// <summary>The most processes and threads of the agent and its workload together, where the kernel can count them for the agent.</summary>
    public int? PidsLimit { get; init; }
}

internal sealed record AgentArtifact
{
    public required long Size { get; init; }

    /// <summary>Whether the open file travels with this message.</summary>
    public required bool Attached { get; init; }
}

internal sealed record AgentStarted
{
    /// <summary>The process id of the workload, as the agent sees it.</summary>
    public required int Pid { get; init; }
}

internal sealed record AgentUndeploy
{
    /// <summary>From SIGTERM to SIGKILL, in milliseconds. A later, shorter one shortens the wait.</summary>
    public required long GraceMs { get; init; }
}

internal sealed record AgentUndeploying
{
    /// <summary>False when there is nothing to stop: no workload yet, or it has ended.</summary>
    public required bool Stopping { get; init; }
}

internal sealed record AgentArtifactRead
{
    public required long Offset { get; init; }

    public required int Count { get; init; }
}

internal sealed record AgentArtifactChunk
{
    /// <summary>Base64 on the wire. Shorter than asked for only at the end.</summary>
    public required byte[] Data { get; init; }
}

/// <summary>Lines that a workload wrote, in the order in which they were read.</summary>
internal sealed record AgentOutput
{
    public required IReadOnlyList<AgentOutputLine> Lines { get; init; }
}

internal sealed record AgentOutputLine
{
    internal const string StandardOutput = "stdout";
    internal const string StandardError = "stderr";

    public required string Stream { get; init; }

    /// <summary>Without its newline. Bytes that are no UTF-8 have been replaced by U+FFFD.</summary>
    public required string Text { get; init; }

    /// <summary>Whether the line was too long and goes on in the next one of this stream.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Continues { get; init; }
}

/// <summary>The workload has ended, and no process of it is left. One of code and signal is set.</summary>
internal sealed record AgentExited
{
    public int? Code { get; init; }

    public int? Signal { get; init; }
}
