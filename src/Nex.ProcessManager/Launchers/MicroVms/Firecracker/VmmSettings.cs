using Nex.Firecracker.Recording;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>What is the same for all processes of Firecracker.</summary>
internal sealed record VmmSettings
{
    /// <summary>How long the API may take to come up, and to answer what takes no memory.</summary>
    internal TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    internal required TimeProvider Time { get; init; }

    /// <summary>Takes all calls of the API; null for none.</summary>
    internal JsonLinesRecorder? Recorder { get; init; }

    /// <summary>For tests.</summary>
    internal MachineStep? OnStep { get; init; }
}
