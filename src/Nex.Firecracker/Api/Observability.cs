namespace Nex.Firecracker.Api;

/// <summary>Where Firecracker logs, and what. What is null is not sent: it stays as it is.</summary>
public sealed record LoggerConfiguration
{
    /// <summary>The file or named pipe, which must exist, as a path that Firecracker sees.</summary>
    public string? LogPath { get; init; }

    /// <summary>The least important that is logged. <see cref="FirecrackerLogLevel.Info"/> by default.</summary>
    public FirecrackerLogLevel? Level { get; init; }

    /// <summary>Whether each line has its level. False by default.</summary>
    public bool? ShowLevel { get; init; }

    /// <summary>Whether each line has the place in Firecracker's source that it comes from. False by default.</summary>
    public bool? ShowLogOrigin { get; init; }

    /// <summary>The module of Firecracker, by its path, whose lines alone are logged.</summary>
    public string? Module { get; init; }
}

/// <summary>How important a line of Firecracker's log is.</summary>
public enum FirecrackerLogLevel
{
    /// <summary>Nothing is logged.</summary>
    Off,

    /// <summary>Errors alone.</summary>
    Error,

    /// <summary>Warnings too.</summary>
    Warning,

    /// <summary>What it does, too.</summary>
    Info,

    /// <summary>Details too.</summary>
    Debug,

    /// <summary>Everything.</summary>
    Trace,
}

/// <summary>Where Firecracker writes its metrics.</summary>
public sealed record MetricsConfiguration
{
    /// <summary>The file or named pipe, which must exist, as a path that Firecracker sees.</summary>
    public required string MetricsPath { get; init; }

    /// <summary>Whether each line has the id of the instance. False by default.</summary>
    public bool? EmitId { get; init; }

    /// <summary>Names and values that are added to each line.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }
}

/// <summary>Where the guest's serial console goes. By default it is Firecracker's standard output.</summary>
public sealed record SerialDevice
{
    /// <summary>The file or named pipe, which must exist, as a path that Firecracker sees.</summary>
    public string? SerialOutPath { get; init; }

    /// <summary>The limit in bytes; what the guest writes beyond it is dropped. None by default.</summary>
    public TokenBucket? RateLimiter { get; init; }
}

/// <summary>A device that gives a guest random bytes of the host.</summary>
public sealed record EntropyDevice
{
    /// <summary>Its limits.</summary>
    public RateLimiter? RateLimiter { get; init; }
}
