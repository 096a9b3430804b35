using NATS.Client.Core;
using NATS.NKeys;
using Nex.Control.Connections;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Node.Servers;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Servers;

public sealed class NatsServerProcessTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LogRecorder _log = new();
    private readonly KeyPair _user = KeyPair.CreatePair(PrefixByte.User);

    private PrivateServerOptions Options => new()
    {
        Program = "nats-server",
        Directory = _directory["nats"],
        MaxPayload = 1024 * 1024,
        MaxConnections = 16,
        MaxStoreBytes = 64 * 1024 * 1024,
        MaxMemoryBytes = 1024 * 1024,
    };

    [Fact]
    public async Task Only_the_owner_of_the_key_gets_in()
    {
        await using NatsServerProcess server = await StartAsync().Within();
        await using NatsConnection stranger = new(new NatsSettings { Servers = [$"127.0.0.1:{server.Port}"] }.ToOptions());
        await using NatsConnection owner = new(Settings(server).ToOptions());

        await owner.ConnectAsync().Within();

        await Assert.ThrowsAsync<NatsException>(() => stranger.ConnectAsync().AsTask()).Within();
    }

    [Fact]
    public async Task Neither_its_command_line_nor_its_configuration_has_a_secret()
    {
        await using NatsServerProcess server = await StartAsync().Within();

        string commandLine = File.ReadAllText($"/proc/{server.ProcessId}/cmdline");
        string configuration = File.ReadAllText(Path.Combine(_directory["nats"], "server.conf"));

        Assert.DoesNotContain(_user.GetSeed(), commandLine);
        Assert.DoesNotContain(_user.GetSeed(), configuration);
        Assert.Contains(_user.GetPublicKey(), configuration);
    }

    [Fact]
    public async Task One_that_dies_is_started_again_on_the_same_port()
    {
        await using NatsServerProcess server = await StartAsync().Within();
        ProcessIdentity first = Assert.Single(LiveProcesses.With(_directory["nats"])).Identity;
        using (PidFd process = PidFd.TryOpen(first.ProcessId)!)
        {
            Assert.True(process.TrySignal(Signals.Kill));
        }

        _ = await _log.Lines.FirstAsync(line => line.Text.EndsWith($"runs again, on port {server.Port}", StringComparison.Ordinal)).Within();

        await using NatsConnection owner = new(Settings(server).ToOptions());
        await owner.ConnectAsync().Within();
        Assert.NotEqual(first.ProcessId, Assert.Single(LiveProcesses.With(_directory["nats"])).Id);
    }

    [Fact]
    public async Task It_is_tried_again_whatever_keeps_it_from_being_started_again()
    {
        NatsServerDefinition whole = Options.Define(_user);
        int starts = 0;
        NatsServerDefinition troubled = whole with
        {
            WriteOptions = (json, port) =>
            {
                if (++starts == 2)
                {
                    throw new InvalidOperationException("Nobody has foreseen this.");
                }

                whole.WriteOptions(json, port);
            },
        };
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(troubled, _log, TimeProvider.System, CancellationToken.None).Within();

        using (PidFd process = PidFd.TryOpen(server.ProcessId)!)
        {
            Assert.True(process.TrySignal(Signals.Kill));
        }

        _ = await _log.Lines.FirstAsync(line => line.Text.EndsWith($"runs again, on port {server.Port}", StringComparison.Ordinal));
        Assert.Equal(3, starts);
    }

    [Fact]
    public async Task Nothing_of_it_runs_when_it_is_disposed_of()
    {
        NatsServerProcess server = await StartAsync().Within();
        ProcessIdentity process = Assert.Single(LiveProcesses.With(_directory["nats"])).Identity;

        await server.DisposeAsync().Within();

        await LiveProcesses.EndAsync(process);
    }

    [Fact]
    public async Task One_that_ends_before_it_takes_clients_says_why()
    {
        await using NatsServerProcess server = await StartAsync().Within();
        NatsServerDefinition taken = (Options with { Port = server.Port, Directory = _directory["other"] }).Define(_user);

        ServerStartException failure = await Assert.ThrowsAsync<ServerStartException>(
            () => NatsServerProcess.StartAsync(taken, _log, TimeProvider.System, CancellationToken.None)).Within();

        Assert.Contains("address already in use", failure.Message);
        Assert.Empty(LiveProcesses.With(_directory["other"]));
    }

    [Fact]
    public async Task What_is_no_nats_server_is_given_up_with_what_it_wrote()
    {
        string program = _directory.WriteProgram("odd", "#!/bin/sh\necho this is not it >&2\nexit 3\n");
        NatsServerDefinition odd = (Options with { Program = program }).Define(_user);

        ServerStartException failure = await Assert.ThrowsAsync<ServerStartException>(
            () => NatsServerProcess.StartAsync(odd, _log, TimeProvider.System, CancellationToken.None)).Within();

        Assert.Contains("exit code 3: this is not it", failure.Message);
    }

    public void Dispose()
    {
        _user.Dispose();
        _directory.Dispose();
    }

    private Task<NatsServerProcess> StartAsync() => NatsServerProcess.StartAsync(Options.Define(_user), _log, TimeProvider.System, CancellationToken.None);

    private NatsSettings Settings(NatsServerProcess server)
    {
        LocalNode node = LocalNode.Write(_directory.Path, $"nats://127.0.0.1:{server.Port}", _user.GetSeed());
        return new NatsSettings { Servers = [node.Url], NKeyFile = node.NKeyFile };
    }
}
