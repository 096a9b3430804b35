using System.Net;
using System.Net.Sockets;

namespace Nex.Demo.Acts;

/// <summary>A program that serves until it is stopped; it runs on while the other acts play.</summary>
internal sealed class WebServer : IAct
{
    private const string Page = "<h1>Served by a workload</h1>";
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    public string Title => "A web server";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        int port = FindPort();
        string script = $"echo '{Page}' > index.html; exec httpd -f -v -p 127.0.0.1:{port}";
        await stage.DeployAsync(stage.Busybox("web", "sh", "-c", script), cancellationToken);
        var address = new Uri($"http://127.0.0.1:{port}/");
        string page = await FetchAsync(address, cancellationToken);
        stage.Checks.That(page.Trim() == Page, $"{address} gives {page.Trim()}");
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
