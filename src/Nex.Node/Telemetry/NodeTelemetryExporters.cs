using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Telemetry;
using Nex.Workloads.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nex.Node.Telemetry;

/// <summary>Exports the metrics and traces of all parts of a node, as long as it lives.</summary>
internal sealed partial class NodeTelemetryExporters : IDisposable
{
    internal const string ServiceName = "nex-node";

    /// <summary>The meters and activity sources of this project.</summary>
    internal static readonly string[] Names = [ProcessManagerTelemetry.Name, WorkloadTelemetry.Name, NodeTelemetry.Name];

    private const int ShutdownMilliseconds = 3000;

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    private NodeTelemetryExporters(MeterProvider? metrics, TracerProvider? traces)
    {
        _metrics = metrics;
        _traces = traces;
    }

    /// <summary>Starts what is wanted; by default that is nothing.</summary>
    /// <exception cref="InvalidOperationException">Metrics cannot be offered at the port; the message says why.</exception>
    internal static NodeTelemetryExporters Start(TelemetryOptions options, string nodeId, string nodeName, ILogger logger)
    {
        ResourceBuilder resource = ResourceBuilder.CreateEmpty()
            .AddService(ServiceName, serviceVersion: NexNode.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: nodeId)
            .AddAttributes([new KeyValuePair<string, object>("nex.node.name", nodeName)]);
        MeterProvider? metrics = options.MetricsExporter is null ? null : StartMetrics(options, resource, logger);
        try
        {
            return new NodeTelemetryExporters(metrics, options.TracesExporter is null ? null : StartTraces(options, resource, logger));
        }
        catch
        {
            metrics?.Dispose();
            throw;
        }
    }

    /// <summary>Sends what is not sent yet, for a short time.</summary>
    public void Dispose()
    {
        _ = _metrics?.Shutdown(ShutdownMilliseconds);
        _ = _traces?.Shutdown(ShutdownMilliseconds);
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private static MeterProvider StartMetrics(TelemetryOptions options, ResourceBuilder resource, ILogger logger)
    {
        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Names);
        if (options.MetricsExporter != ExporterNames.Prometheus)
        {
            LogSending(logger, "Metrics", options.Collector);
            return builder.AddOtlpExporter(exporter => Send(exporter, options.MetricsExporter!, options.Collector, "v1/metrics")).Build();
        }

        string host = options.MetricsHost.Contains(':', StringComparison.Ordinal) ? $"[{options.MetricsHost}]" : options.MetricsHost;
        string prefix = $"http://{host}:{options.MetricsPort}/";
        try
        {
            MeterProvider provider = builder.AddPrometheusHttpListener(listener =>
            {
                listener.Host = host;
                listener.Port = options.MetricsPort;
            }).Build();
            LogOffering(logger, prefix);
            return provider;
        }
        catch (Exception failure) when (failure is System.Net.HttpListenerException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            throw new InvalidOperationException(
                $"Metrics cannot be offered at {prefix}: {failure.Message}. Choose another otel_metrics_port, or none with \"otel_metrics\": false.", failure);
        }
    }

    private static TracerProvider StartTraces(TelemetryOptions options, ResourceBuilder resource, ILogger logger)
    {
        LogSending(logger, "Traces", options.Collector);
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Names)
            .AddOtlpExporter(exporter => Send(exporter, options.TracesExporter!, options.Collector, "v1/traces"))
            .Build();
    }

    private static void Send(OtlpExporterOptions exporter, string name, Uri collector, string path)
    {
        bool http = name == ExporterNames.Http;
        exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        // A URL with a path of its own is taken as it is.
        exporter.Endpoint = http && collector.AbsolutePath == "/" ? new Uri(collector, path) : collector;
    }

    [LoggerMessage(560, LogLevel.Information, "Metrics are offered at {Prefix}metrics")]
    private static partial void LogOffering(ILogger logger, string prefix);

    [LoggerMessage(561, LogLevel.Information, "{What} are sent to {Collector}")]
    private static partial void LogSending(ILogger logger, string what, Uri collector);
}
