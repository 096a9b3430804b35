namespace Nex.Node.Preflight;

/// <summary>Something that a host has, or has not.</summary>
public sealed record PreflightCheck
{
    /// <summary>What it is.</summary>
    public required string Name { get; init; }

    /// <summary>The sandboxes that need it (none, namespaces, qemu, firecracker), or <c>node</c> for what every node needs.</summary>
    public required IReadOnlyList<string> NeededFor { get; init; }

    /// <summary>Whether those work without it as well, only less well.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether it is there.</summary>
    public required bool IsThere { get; init; }

    /// <summary>What was found, or what is missing.</summary>
    public required string Found { get; init; }

    /// <summary>How to get it, where it is missing.</summary>
    public string? Remedy { get; init; }

    /// <summary>The Debian package that has it, where one has.</summary>
    public string? Package { get; init; }
}

/// <summary>Whether a host can make a sandbox.</summary>
/// <param name="Sandbox">Its name, as in a configuration.</param>
/// <param name="IsAvailable">Whether agents can run in it.</param>
/// <param name="Reason">Why not.</param>
public sealed record SandboxReport(string Sandbox, bool IsAvailable, string? Reason);

/// <summary>What a host has to run a node with, and what it lacks.</summary>
public sealed record PreflightReport
{
    /// <summary>The sandbox of the configuration.</summary>
    public required string Sandbox { get; init; }

    /// <summary>Whether a node of that configuration can run here.</summary>
    public required bool CanRun { get; init; }

    /// <summary>Every sandbox there is.</summary>
    public required IReadOnlyList<SandboxReport> Sandboxes { get; init; }

    /// <summary>All that was looked for.</summary>
    public required IReadOnlyList<PreflightCheck> Checks { get; init; }
}
