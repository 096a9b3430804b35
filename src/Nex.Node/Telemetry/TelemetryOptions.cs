namespace Nex.Node.Telemetry;

/// <summary>How metrics and traces are exported.</summary>
internal sealed record TelemetryOptions
{
    /// <summary>One of <see cref="ExporterNames"/>; null for none.</summary>
    internal string? MetricsExporter { get; init; }

    /// <summary>Where Prometheus fetches them: an address, <c>localhost</c>, or <c>*</c> for every interface.</summary>
    internal string MetricsHost { get; init; } = "127.0.0.1";

    internal int MetricsPort { get; init; } = 8085;

    /// <summary>One of <see cref="ExporterNames"/>; null for none.</summary>
    internal string? TracesExporter { get; init; }

    /// <summary>Where OTLP is sent to.</summary>
    internal Uri Collector { get; init; } = new("http://127.0.0.1:14532");
}
