namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>What a process of Firecracker is told to open and to make, as it sees it.</summary>
internal sealed record VmmPaths
{
    internal required string ApiSocket { get; init; }

    /// <summary>Of the machine's socket device.</summary>
    internal required string Vsock { get; init; }

    internal required string Kernel { get; init; }

    internal required string Initramfs { get; init; }

    /// <summary>A snapshot has it too: it is the same for a template and its clones.</summary>
    internal required string Disk { get; init; }

    /// <summary>The memory of a template.</summary>
    internal required string Memory { get; init; }

    /// <summary>All the rest of it.</summary>
    internal required string State { get; init; }
}
