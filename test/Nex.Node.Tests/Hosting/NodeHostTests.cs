using System.Diagnostics;
using Nex.Client;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Node.Configuration;
using Nex.Node.Hosting;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

public sealed class NodeHostTests : IDisposable
{
    private const int Stop = 19;

    private readonly TempDirectory _directory = new();
    private readonly LogRecorder _log = new();

    [Fact]
    public async Task A_node_without_a_system_to_join_is_found_by_its_context()
    {
        await using Running node = await StartAsync();
        LocalNode server = LocalNode.Find(_directory["data"])!;
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(ownerOnly, File.GetUnixFileMode(server.NKeyFile));
        Assert.Equal(ownerOnly, File.GetUnixFileMode(LocalNode.ContextFile(_directory["data"])));
        Assert.Equal(ownerOnly, File.GetUnixFileMode(Path.Combine(_directory["data"], "nats", "server.conf")));

        var context = NatsContext.Load(LocalNode.ContextFile(_directory["data"]));
        await using NexClient client = await PatientClient.ConnectAsync(context.Settings);

        Assert.Equal(node.Id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
    }

    [Fact]
    public async Task A_node_comes_back_when_its_system_does()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using Running node = await StartAsync(new NatsSettings { Servers = [server.Url] });

        await server.RestartAsync();

        _ = await _log.Lines.FirstAsync(line => line.Text == "NATS is back").Within();
        await using NexClient client = await PatientClient.ConnectAsync(new NatsSettings { Servers = [server.Url] });
        Assert.Equal(node.Id, (await client.PingAsync(node.Id).Within()).NodeId);
    }

    [Theory]
    [InlineData("""  "username": "me", "password": "pw"  """)]
    [InlineData("""  "authorization": {"user": "me", "password": "pw", "timeout": 5}  """)]
    public async Task A_public_server_lets_those_in_who_say_who_they_are(string login)
    {
        File.WriteAllText(_directory["config.json"], $$$"""
            {"public_nats_server": {"host": "127.0.0.1", "port": -1, "jetstream": true, {{{login}}} }}
            """);
        await using Running node = await StartAsync();
        string port = (await _log.Lines.FirstAsync(line => line.Text.StartsWith("A public nats-server listens on port ", StringComparison.Ordinal))).Text.Split(' ').Last();
        var settings = new NatsSettings { Servers = [$"127.0.0.1:{port}"], User = "me", Password = "pw" };

        await using NexClient client = await PatientClient.ConnectAsync(settings);

        Assert.Equal(node.Id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
        Assert.DoesNotContain(_log.Lines.Reached, line => line.Text.Contains("asks nobody who they are", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_public_server_has_what_its_own_configuration_file_can_have()
    {
        File.WriteAllText(_directory["config.json"], """
            {
                "public_nats_server": {
                    "host": "127.0.0.1", "port": -1, "http_host": "127.0.0.1", "http_port": -1,
                    "jetstream": {"max_mem": 1048576},
                    "accounts": {"A": {"jetstream": true, "users": [{"user": "me", "password": "$2 \"a\" \\ <é+>"}, {"user": "node"}]}},
                    "no_auth_user": "node"
                }
            }
            """);
        await using Running node = await StartAsync();
        string port = (await _log.Lines.FirstAsync(line => line.Text.StartsWith("A public nats-server listens on port ", StringComparison.Ordinal))).Text.Split(' ').Last();
        var settings = new NatsSettings { Servers = [$"127.0.0.1:{port}"], User = "me", Password = "$2 \"a\" \\ <é+>" };

        await using NexClient client = await PatientClient.ConnectAsync(settings);

        Assert.Equal(node.Id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
        await Deployment.StartAsync(client, node.Id, "true");
        await Assert.ThrowsAnyAsync<Exception>(() => PatientClient.ConnectAsync(settings with { Password = "other" }));
        Assert.Contains(_log.Lines.Reached, line => line.Text.Contains("Starting http monitor on 127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trace_goes_from_the_client_through_the_node_into_the_agent()
    {
        var ended = new Milestones<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Nex.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using Running node = await StartAsync();
        LocalNode server = LocalNode.Find(_directory["data"])!;
        await using NexClient client = await PatientClient.ConnectAsync(new NatsSettings { Servers = [server.Url], NKeyFile = server.NKeyFile });
        using var root = new Activity("test");
        _ = root.Start();

        await Deployment.StartAsync(client, node.Id, "true");

        Activity start = await ended.FirstAsync(activity => activity.TraceId == root.TraceId && activity.OperationName == "agent.workload.start").Within();
        Activity[] trace = [.. ended.Reached.Where(activity => activity.TraceId == root.TraceId)];
        Activity deploy = trace.Single(activity => activity.OperationName == "agent.deploy");
        Activity artifact = trace.Single(activity => activity.OperationName == "agent.artifact");
        Assert.Equal((deploy.SpanId, deploy.SpanId), (start.ParentSpanId, artifact.ParentSpanId));
        Assert.InRange(artifact.StartTimeUtc, deploy.StartTimeUtc, start.StartTimeUtc);
        Assert.True(start.StartTimeUtc + start.Duration <= deploy.StartTimeUtc + deploy.Duration);
        _ = await ended.FirstAsync(activity => activity.TraceId == root.TraceId && activity.OperationName == "node.deploy").Within();
    }

    [Fact]
    public async Task A_start_can_be_given_up()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        var host = new NodeHost(Configuration(), loggers: _log);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.RunAsync(given.Token)).Within();
    }

    /// <summary>The agent that it is put on does nothing any more, and is lost while the node ends.</summary>
    [Fact]
    public async Task A_deploy_that_fails_while_the_node_ends_does_not_keep_it_from_ending()
    {
        await using FileStream started = await NamedPipe.MakeAsync(_directory["started"]);
        using var pids = new StreamReader(started);
        string agent = _directory.WriteProgram("nex-agent", $"#!/bin/sh\necho $$ >{_directory["started"]}\nexec {Path.Combine(AppContext.BaseDirectory, "nex-agent")} \"$@\"\n");
        await using Running node = await StartAsync(more: new ConfigurationOverride("agent_path", agent, "test"));
        LocalNode server = LocalNode.Find(_directory["data"])!;
        await using NexClient client = await PatientClient.ConnectAsync(new NatsSettings { Servers = [server.Url], NKeyFile = server.NKeyFile });
        using PidFd process = PidFd.TryOpen(int.Parse((await pids.ReadLineAsync().Within("an agent is started"))!))!;
        Assert.True(process.TrySignal(Stop));
        Task deploy = Deployment.StartAsync(client, node.Id, "true");
        // Another takes its place, now that it is taken.
        _ = await pids.ReadLineAsync().Within("another agent is started");

        await node.Stop.CancelAsync();
        _ = await _log.Lines.FirstAsync(line => line.Text.StartsWith("Lame duck: no new workloads; 0 go on", StringComparison.Ordinal));
        Assert.True(process.TrySignal(Signals.Kill));

        await node.End.Within();
        _ = await Assert.ThrowsAsync<ControlException>(() => deploy.Within());
    }

    [Fact]
    public async Task An_agent_that_is_not_there_ends_the_start_and_leaves_nothing()
    {
        var host = new NodeHost(Configuration(new ConfigurationOverride("agent_path", "/nowhere/nex-agent", "--agent")), loggers: _log);

        NodeHostException failure = await Assert.ThrowsAsync<NodeHostException>(() => host.RunAsync(CancellationToken.None)).Within();

        Assert.Equal(NodeHostFailure.Agents, failure.Failure);
        Assert.Contains("/nowhere/nex-agent", failure.Message);
        Assert.Null(LocalNode.Find(_directory["data"]));
    }

    [Fact]
    public async Task Artifacts_that_cannot_be_kept_end_the_start_with_the_reason()
    {
        Directory.CreateDirectory(_directory["data"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(_directory["data"], "artifacts"), "no directory");
        var host = new NodeHost(Configuration(), loggers: _log);

        NodeHostException failure = await Assert.ThrowsAsync<NodeHostException>(() => host.RunAsync(CancellationToken.None)).Within();

        Assert.Equal(NodeHostFailure.Directory, failure.Failure);
        Assert.Contains(Path.Combine(_directory["data"], "artifacts"), failure.Message);
    }

    [Fact]
    public async Task A_directory_that_others_may_write_to_is_refused()
    {
        Directory.CreateDirectory(_directory["data"]);
        File.SetUnixFileMode(_directory["data"], (UnixFileMode)0b111_111_111);
        var host = new NodeHost(Configuration(), loggers: _log);

        NodeHostException failure = await Assert.ThrowsAsync<NodeHostException>(() => host.RunAsync(CancellationToken.None)).Within();

        Assert.Equal(NodeHostFailure.Directory, failure.Failure);
        Assert.Contains("chmod go-w", failure.Message);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<Running> StartAsync(NatsSettings? nats = null, params ConfigurationOverride[] more)
    {
        var host = new NodeHost(Configuration(more), nats, _log);
        var stop = new CancellationTokenSource();
        Task running = host.RunAsync(stop.Token);
        await Task.WhenAny(host.Ready, running).Within();
        if (running.IsCompleted)
        {
            await running;
        }

        return new Running((await host.Ready).Id, stop, running);
    }

    private NodeConfiguration Configuration(params ConfigurationOverride[] more) => NodeConfigurationLoader.Load(
        File.Exists(_directory["config.json"]) ? _directory["config.json"] : null,
        [
            new("sandbox", "none", "test"),
            new("data_dir", _directory["data"], "test"),
            new("run_dir", _directory["run"], "test"),
            new("agent_path", Path.Combine(AppContext.BaseDirectory, "nex-agent"), "test"),
            .. more,
        ],
        _ => null);

    private sealed record Running(string Id, CancellationTokenSource Stop, Task End) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Stop.CancelAsync();
            await End.Within("the node ended");
            Stop.Dispose();
        }
    }
}
