using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>What a Firecracker process says of itself.</summary>
public sealed record InstanceInfo
{
    /// <summary>The id that the process was started with.</summary>
    public required string Id { get; init; }

    /// <summary>What its microVM is doing.</summary>
    public required InstanceState State { get; init; }

    /// <summary>The version of the program, such as <c>1.16.1</c>.</summary>
    public required string VmmVersion { get; init; }

    /// <summary>The name of the program: <c>Firecracker</c>.</summary>
    public required string AppName { get; init; }
}

/// <summary>What a microVM is doing.</summary>
public enum InstanceState
{
    /// <summary>It has not been started: it can be configured, or loaded from a snapshot.</summary>
    [JsonStringEnumMemberName("Not started")]
    NotStarted,

    /// <summary>Its processors run.</summary>
    Running,

    /// <summary>Its processors and devices stand still.</summary>
    Paused,
}

/// <summary>The version of a Firecracker process.</summary>
public sealed record VersionInfo
{
    /// <summary>The version of the program, such as <c>1.16.1</c>.</summary>
    public required string FirecrackerVersion { get; init; }
}

internal sealed record InstanceAction
{
    public required InstanceActionType ActionType { get; init; }
}

internal enum InstanceActionType
{
    InstanceStart,
    FlushMetrics,
    SendCtrlAltDel,
}

internal sealed record VmStateUpdate
{
    public required VmState State { get; init; }
}

internal enum VmState
{
    Paused,
    Resumed,
}

internal sealed record ApiFault
{
    public string? FaultMessage { get; init; }
}
