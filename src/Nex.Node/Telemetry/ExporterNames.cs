namespace Nex.Node.Telemetry;

/// <summary>What exporters are called in a configuration.</summary>
internal static class ExporterNames
{
    internal const string Prometheus = "prometheus";

    /// <summary>OTLP over gRPC.</summary>
    internal const string Grpc = "grpc";

    /// <summary>OTLP over HTTP.</summary>
    internal const string Http = "http";

    /// <summary>Of the original system; it has no effect here.</summary>
    internal const string File = "file";
}
