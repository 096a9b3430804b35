using System.Net;
using System.Net.Sockets;
using Nex.Workloads;

namespace Nex.Demo.Acts;

/// <summary>A program that serves until it is stopped; it runs on while the other acts play.</summary>
internal sealed class WebServer : IAct
{
    private const string Page = "<h1>Served by a workload</h1>";
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    public string Title => "A web server";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        if (stage.Agents.AreMachines)
        {
            await PlayInMachineAsync(stage, cancellationToken);
            return;
        }

        int port = FindPort();
        string script = $"echo '{Page}' > index.html; exec httpd -f -v -p 127.0.0.1:{port}";
        await stage.DeployAsync(stage.Busybox("web", "sh", "-c", script), cancellationToken);
        var address = new Uri($"http://127.0.0.1:{port}/");
        string page = await FetchAsync(address, cancellationToken);
        stage.Checks.That(page.Trim() == Page, $"{address} gives {page.Trim()}");
    }

    /// <summary>A machine has no network but its own loopback: the page is fetched there, and comes out in the log.</summary>
    private static async Task PlayInMachineAsync(Stage stage, CancellationToken cancellationToken)
    {
        const string answer = "fetched ";
        const string script = $"""
            echo '{Page}' > index.html
            httpd -f -p 127.0.0.1:8080 &
            until wget -q -O fetched http://127.0.0.1:8080/ 2>/dev/null; do sleep 0.1; done
            echo "{answer}$(cat fetched)"
            wait
            """;
        Workload workload = await stage.DeployAsync(stage.Busybox("web", "sh", "-c", script), cancellationToken);
        string page = "";
        await foreach (LogLine line in workload.ReadLogsAsync(cancellationToken))
        {
            page = line.Text;
            if (page.StartsWith(answer, StringComparison.Ordinal))
            {
                break;
            }
        }

        stage.Checks.That(page == answer + Page, $"asked within its machine, it gives: {page}");
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Asks until the program, which runs, also listens.</summary>
    private static async Task<string> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            try
            {
                return await client.GetStringAsync(address, cancellationToken);
            }
            catch (HttpRequestException failure) when (failure.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }
}
