using NATS.NKeys;
using Nex.Client;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Linux.Processes;
using Nex.Node.Tests.Hosting;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Connections;

/// <summary>Logins of servers without accounts, as `nex node up` is given them.</summary>
public sealed class LoginTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nodes_are_let_in_with_a_password_and_with_an_nkey()
    {
        using KeyPair key = KeyPair.CreatePair(PrefixByte.User);
        File.WriteAllText(_directory["user.nk"], key.GetSeed());
        File.WriteAllText(_directory["server.conf"], $"authorization {{ users = [ {{ user: me, password: 'p@ss word' }}, {{ nkey: {key.GetPublicKey()} }} ] }}");
        await using NatsServer server = await NatsServer.StartAsync("-c", _directory["server.conf"]);
        await using NexProgram first = await NexProgram.StartAsync("--server", server.Url, "--user", "me", "--password", "p@ss word");
        await using NexProgram second = await NexProgram.StartAsync("--server", server.Url, "--nkey", _directory["user.nk"]);

        IReadOnlyList<PingReply> nodes = await RollCall.TakeAsync(new NatsSettings { Servers = [server.Url], User = "me", Password = "p@ss word" }, 2);

        Assert.Equal(((string[])[first.Id, second.Id]).Order(StringComparer.Ordinal), nodes.Select(node => node.NodeId));
        (ProcessExit exit, string text) = await NexProgram.RunAsync(
            _directory, [.. NexProgram.Arguments(_directory), "--server", server.Url, "--user", "me", "--password", "wr0ng"]);
        Assert.Equal(5, exit.Code);
        Assert.Contains("Authorization Violation", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("wr0ng", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_is_let_in_with_a_token()
    {
        await using NatsServer server = await NatsServer.StartAsync("--auth", "t0ken");
        await using NexProgram node = await NexProgram.StartAsync("--server", $"nats://t0ken@127.0.0.1:{server.Port}");

        await using NexClient client = await PatientClient.ConnectAsync(new NatsSettings { Servers = [server.Url], Token = "t0ken" });

        Assert.Equal(node.Id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
        Assert.DoesNotContain(node.Program.Lines.Reached, line => line.Contains("t0ken", StringComparison.Ordinal));
    }
}
