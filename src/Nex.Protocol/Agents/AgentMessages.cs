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

/// <summary>An agent waits to be made somebody.</summary>
internal sealed record AgentWaiting
{
    public required int Protocol { get; init; }

    public required string Version { get; init; }
}

/// <summary>What makes a machine, which may be one of many clones, different from all others.</summary>
internal sealed record AgentAdopt
{
    /// <summary>Fewer bytes would not do for a seed.</summary>
    internal const int LeastEntropy = 32;

    public required string AgentId { get; init; }

    /// <summary>Secret random bytes, base64 on the wire.</summary>
    public required byte[] Entropy { get; init; }
}

/// <summary>The machine has its own id, name and randomness, and its clock is set.</summary>
internal sealed record AgentAdopted
{
    /// <summary>By how much its clock can be off at most, in milliseconds.</summary>
    public required double ClockErrorMs { get; init; }
}

internal sealed record AgentClock
{
    /// <summary>Nanoseconds since 1970-01-01 00:00 UTC.</summary>
    public required long UnixNs { get; init; }
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

    /// <summary>The most processes and threads of the workload, and of the agent where that runs as the same user, where the kernel counts them.</summary>
    public int? PidsLimit { get; init; }

    /// <summary>The most memory of the workload in bytes, where the agent has a machine of its own to limit it in.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The most processors of the workload, likewise.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>The trace that the deploy belongs to, as W3C's Trace Context writes it, for agents that have an exporter of their own.</summary>
    public string? Traceparent { get; init; }
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

    /// <summary>Nanoseconds from the arrival of the deploy until its artifact was there, by the agent's clock.</summary>
    public long? ArtifactNs { get; init; }

    /// <summary>Nanoseconds from there until the program had been executed.</summary>
    public long? StartNs { get; init; }
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
