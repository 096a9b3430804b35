using NATS.NKeys;
using Nex.Client;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Linux.Processes;
using Nex.Node.Tests.Hosting;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Connections;

/// <summary>Logins by JWTs: an operator, its accounts, and their users.</summary>
public sealed class AccountTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly TestOperator _operator = new();
    private KeyPair _account = null!;
    private KeyPair _other = null!;
    private NatsServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _account = _operator.AddAccount("one");
        _other = _operator.AddAccount("other");
        File.WriteAllText(_directory["server.conf"], _operator.ServerConfiguration);
        _server = await NatsServer.StartAsync("-c", _directory["server.conf"]);
    }

    [Fact]
    public async Task A_node_is_reached_by_users_of_its_account_and_is_not_there_for_others()
    {
        await using NexProgram node = await NexProgram.StartAsync("--server", _server.Url, "--creds", Write("node.creds", TestOperator.MakeUser(_account)));
        (string jwt, string seed) = TestOperator.MakeUser(_account);
        File.WriteAllText(_directory["user.nk"], seed);
        await using NexClient client = await ConnectAsync(new NatsSettings { Jwt = jwt, NKeyFile = _directory["user.nk"] });
        await using NexClient stranger = await ConnectAsync(new NatsSettings { CredentialsFile = Write("other.creds", TestOperator.MakeUser(_other)) });

        await Deployment.StartAsync(client, node.Id, "sleep", "1000");

        Assert.Single((await client.GetInfoAsync(node.Id).Within()).Machines);
        Assert.Equal(node.Id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
        Assert.Empty(await stranger.ListNodesAsync().Within());
        Assert.Equal(ControlFault.NoResponders, (await Assert.ThrowsAsync<ControlException>(() => stranger.PingAsync(node.Id))).Fault);
    }

    [Fact]
    public async Task Who_bears_a_token_needs_no_key()
    {
        (string jwt, _) = TestOperator.MakeUser(_account, claims => claims["nats"]!["bearer_token"] = true);

        await using NexClient client = await ConnectAsync(new NatsSettings { Jwt = jwt });

        Assert.Empty(await client.ListNodesAsync().Within());
    }

    [Fact]
    public async Task A_login_that_has_run_out_and_one_that_is_forged_are_refused_with_the_words_of_the_server()
    {
        using KeyPair forger = KeyPair.CreatePair(PrefixByte.Account);
        string ended = Write("ended.creds", TestOperator.MakeUser(_account, claims => claims["exp"] = DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeSeconds()));
        string forged = Write("forged.creds", TestOperator.MakeUser(forger, claims => claims["iss"] = _account.GetPublicKey()));

        (ProcessExit exit, string text) = await NexProgram.RunAsync(_directory, [.. NexProgram.Arguments(_directory), "--server", _server.Url, "--creds", ended]);
        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => ConnectAsync(new NatsSettings { CredentialsFile = forged }));

        Assert.Equal((5, ControlFault.Unavailable), (exit.Code, failure.Fault));
        Assert.All([text, failure.Message], message => Assert.Contains("Authorization Violation", message, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("SU", text, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _operator.Dispose();
        _directory.Dispose();
    }

    private Task<NexClient> ConnectAsync(NatsSettings settings) => PatientClient.ConnectAsync(settings with { Servers = [_server.Url] });

    private string Write(string name, (string Jwt, string Seed) user)
    {
        File.WriteAllText(_directory[name], TestOperator.Credentials(user));
        return _directory[name];
    }
}
