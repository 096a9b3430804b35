namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of metrics and traces.</summary>
internal static class TelemetryKeys
{
    internal static readonly KeyList List = new();

    internal static readonly ConfigurationKey<bool> Metrics = List.Flag("otel_metrics", false, "Whether metrics are exported.");

    internal static readonly ConfigurationKey<string> MetricsExporter = List.Choice(
        "otel_metrics_exporter",
        Telemetry.ExporterNames.Prometheus,
        "`prometheus`",
        "How: `prometheus` lets Prometheus fetch them, `grpc` and `http` send them by OTLP. `file` is read and does nothing.",
        Exporters(Telemetry.ExporterNames.Prometheus));

    internal static readonly ConfigurationKey<string> MetricsHost = List.Text(
        "otel_metrics_host", ValueFormats.TextWhere("an IP address, localhost, or * for every interface", IsHost), "`127.0.0.1`", "The address that Prometheus fetches metrics from, at `/metrics`. Everybody who reaches it can.");

    internal static readonly ConfigurationKey<long> MetricsPort = List.Integer("otel_metrics_port", 8085, 1, 65535, "Its port.");

    internal static readonly ConfigurationKey<bool> Traces = List.Flag("otel_traces", false, "Whether traces are exported.");

    internal static readonly ConfigurationKey<string> TracesExporter = List.Choice(
        "otel_traces_exporter",
        Telemetry.ExporterNames.Grpc,
        "`grpc`",
        "How: `grpc` and `http` send them by OTLP. `file` is read and does nothing.",
        Exporters());

    internal static readonly ConfigurationKey<string> CollectorUrl = List.Text(
        "otlp_exporter_url", ValueFormats.TextWhere("HOST:PORT, or a URL with http or https", IsUrl), "`127.0.0.1:14532`", "Where OTLP is sent to.");

    private static (string Word, string Value)[] Exporters(params string[] more) =>
        [.. ((string[])[.. more, Telemetry.ExporterNames.Grpc, Telemetry.ExporterNames.Http, Telemetry.ExporterNames.File]).Select(name => (name, name))];

    private static bool IsHost(string text) => text is "localhost" or "*" || System.Net.IPAddress.TryParse(text, out _);

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out Uri? url)
        && url.Scheme is "http" or "https";
}
