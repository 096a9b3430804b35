using System.Text.Json.Nodes;
using Nex.Node;
using Nex.Testing.Nats;

namespace Nex.Cli.Tests.Support;

/// <summary>A user of `nex`, a nats-server and a node.</summary>
public abstract class NodeTest : IAsyncLifetime
{
    /// <summary>A program that does whatever its arguments say.</summary>
    private protected const string BusyBox = "/bin/busybox";

    private NatsServer? _server;
    private TestNode? _node;
    private NexHome? _home;

    internal NatsServer Server => _server!;

    private protected TestNode Node => _node!;

    private protected NexHome Home => _home!;

    public async ValueTask InitializeAsync()
    {
        _server = await NatsServer.StartAsync();
        _node = await TestNode.StartAsync(Server.Url, new NodeOptions { Name = "big-one", Tags = new Dictionary<string, string> { ["region"] = "eu" } });
        _home = new NexHome(Server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Home.Dispose();
        await Node.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<CommandResult> SucceedAsync(params string[] arguments)
    {
        CommandResult result = await Home.RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Errors}");
        return result;
    }

    /// <summary>Runs a command with --json, which must write one document.</summary>
    private protected async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        int end = Array.IndexOf(arguments, "--");
        string[] before = end < 0 ? arguments : arguments[..end];
        CommandResult result = await SucceedAsync([.. before, "--json", .. arguments[before.Length..]]);
        return JsonNode.Parse(result.Output)!;
    }
}
