using System.Net;
using System.Net.Sockets;
using Nex.Node.Telemetry;
using Nex.ProcessManager.Telemetry;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Telemetry;

public sealed class NodeTelemetryExportersTests
{
    private readonly LogRecorder _log = new();

    [Fact]
    public async Task Prometheus_finds_the_metrics_of_the_parts_of_a_node()
    {
        int port = FreePort();
        using NodeTelemetryExporters exporters = Start(new TelemetryOptions { MetricsExporter = ExporterNames.Prometheus, MetricsPort = port });
        ProcessManagerTelemetry.Starts.Add(1, ProcessManagerTelemetry.Sandbox("none"));
        using var http = new HttpClient();

        string page = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics")).Within();

        Assert.Contains("nex_agent_starts", page);
        Assert.Contains("nex_sandbox=\"none\"", page);
    }

    [Fact]
    public async Task Traces_are_sent_to_the_collector()
    {
        using var collector = new HttpListener();
        int port = FreePort();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        using NodeTelemetryExporters exporters = Start(
            new TelemetryOptions { TracesExporter = ExporterNames.Http, Collector = new Uri($"http://127.0.0.1:{port}") });
        Task<HttpListenerContext> request = collector.GetContextAsync();

        NodeTelemetry.Source.StartActivity("node.test")!.Dispose();

        HttpListenerContext context = await request.Within();
        Assert.Equal("/v1/traces", context.Request.Url!.AbsolutePath);
        using var body = new StreamReader(context.Request.InputStream, System.Text.Encoding.Latin1);
        string text = await body.ReadToEndAsync().Within();
        Assert.Contains("node.test", text);
        Assert.Contains(NodeTelemetryExporters.ServiceName, text);
        context.Response.Close();
    }

    [Fact]
    public void Nothing_is_exported_unless_it_is_asked_for()
    {
        using NodeTelemetryExporters exporters = Start(new TelemetryOptions());

        Assert.Empty(_log.Lines.Reached);
    }

    [Fact]
    public void A_port_that_is_taken_is_told_with_the_remedy()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(
            () => Start(new TelemetryOptions { MetricsExporter = ExporterNames.Prometheus, MetricsPort = ((IPEndPoint)other.LocalEndpoint).Port }));

        Assert.Contains("otel_metrics_port", failure.Message);
    }

    private NodeTelemetryExporters Start(TelemetryOptions options) => NodeTelemetryExporters.Start(options, "NTEST", "test", _log);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
