namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>How much is logged; each level includes those before it.</summary>
internal enum LogLevel
{
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// <summary>Where its log goes.</summary>
internal sealed record LoggerConfiguration
{
    public string? LogPath { get; init; }

    public LogLevel? Level { get; init; }

    public bool? ShowLevel { get; init; }

    public bool? ShowLogOrigin { get; init; }

    public string? Module { get; init; }
}

/// <summary>Where its metrics go.</summary>
internal sealed record MetricsConfiguration
{
    public required string MetricsPath { get; init; }

    public bool EmitId { get; init; }

    public IReadOnlyDictionary<string, string>? Properties { get; init; }
}

internal enum MmdsVersion
{
    V1,
    V2,
}

/// <summary>How the guest reaches the metadata.</summary>
internal sealed record MmdsConfiguration
{
    public MmdsVersion Version { get; init; }

    public required IReadOnlyList<string> NetworkInterfaces { get; init; }

    public string? Ipv4Address { get; init; }

    public bool ImdsCompat { get; init; }
}
