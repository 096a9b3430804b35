namespace Nex.Testing.FirecrackerStandin.CommandLine;

/// <summary>What the command line says. Each default is Firecracker's.</summary>
internal sealed record StandinOptions
{
    internal string ApiSocket { get; init; } = "/run/firecracker.socket";

    internal string Id { get; init; } = "anonymous-instance";

    internal string? LogPath { get; init; }

    internal string? Level { get; init; }

    internal bool ShowLevel { get; init; }

    internal bool ShowLogOrigin { get; init; }

    internal string? Module { get; init; }

    internal string? MetricsPath { get; init; }

    /// <summary>The longest body of a request, in bytes.</summary>
    internal int MaxPayloadSize { get; init; } = 51_200;

    /// <summary>The most that the metadata may take, in bytes.</summary>
    internal int MmdsSizeLimit { get; init; } = 51_200;
}
