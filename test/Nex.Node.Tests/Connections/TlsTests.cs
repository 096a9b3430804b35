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

public sealed class TlsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestAuthority _ours = new("ours");
    private readonly TestAuthority _others = new("others");

    public TlsTests()
    {
        File.WriteAllText(_directory["ours.pem"], _ours.Pem);
        File.WriteAllText(_directory["others.pem"], _others.Pem);
        Write("server", _ours);
        Write("client", _ours);
        Write("stranger", _others);
    }

    [Fact]
    public async Task A_node_and_its_client_trust_the_authority_that_they_are_told_of_and_prove_who_they_are()
    {
        await using NatsServer server = await StartAsync($"verify: true, ca_file: '{_directory["ours.pem"]}'");
        await using NexProgram node = await NexProgram.StartAsync(
            "--server", server.Url, "--tlsca", _directory["ours.pem"], "--tlscert", _directory["client.pem"], "--tlskey", _directory["client.key"]);
        await using NexClient client = await PatientClient.ConnectAsync(Settings(server) with
        {
            TlsCertificateFile = _directory["client.pem"],
            TlsKeyFile = _directory["client.key"],
        });

        await Deployment.StartAsync(client, node.Id, "sleep", "1000");

        Assert.Single((await client.GetInfoAsync(node.Id).Within()).Machines);
        ControlException unknown = await Assert.ThrowsAsync<ControlException>(() => PatientClient.ConnectAsync(Settings(server) with
        {
            TlsCertificateFile = _directory["stranger.pem"],
            TlsKeyFile = _directory["stranger.key"],
        }));
        ControlException nobody = await Assert.ThrowsAsync<ControlException>(() => PatientClient.ConnectAsync(Settings(server)));
        Assert.Equal((ControlFault.Unavailable, ControlFault.Unavailable), (unknown.Fault, nobody.Fault));
    }

    [Fact]
    public async Task A_server_whose_authority_is_not_trusted_is_refused_and_it_is_said_how_to_trust_it()
    {
        await using NatsServer server = await StartAsync("");

        ControlException others = await Assert.ThrowsAsync<ControlException>(
            () => PatientClient.ConnectAsync(Settings(server) with { TlsAuthorityFile = _directory["others.pem"] }));
        ControlException none = await Assert.ThrowsAsync<ControlException>(() => PatientClient.ConnectAsync(Settings(server) with { TlsAuthorityFile = null }));
        (ProcessExit exit, string text) = await NexProgram.RunAsync(_directory, [.. NexProgram.Arguments(_directory), "--server", server.Url]);

        Assert.Equal(5, exit.Code);
        Assert.All([others.Message, none.Message, text], message => Assert.Contains("--tlsca", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_TLS_is_refused_where_TLS_is_asked_for()
    {
        await using NatsServer server = await NatsServer.StartAsync();

        ControlException authority = await Assert.ThrowsAsync<ControlException>(() => PatientClient.ConnectAsync(Settings(server)));
        ControlException scheme = await Assert.ThrowsAsync<ControlException>(
            () => PatientClient.ConnectAsync(Settings(server) with { TlsAuthorityFile = null, Servers = [$"tls://127.0.0.1:{server.Port}"] }));

        Assert.All([authority.Message, scheme.Message], message => Assert.Contains("does not offer TLS", message, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _ours.Dispose();
        _others.Dispose();
        _directory.Dispose();
    }

    private NatsSettings Settings(NatsServer server) => new() { Servers = [server.Url], TlsAuthorityFile = _directory["ours.pem"] };

    private Task<NatsServer> StartAsync(string more)
    {
        File.WriteAllText(_directory["server.conf"], $"tls {{ cert_file: '{_directory["server.pem"]}', key_file: '{_directory["server.key"]}', timeout: 30, {more} }}");
        return NatsServer.StartAsync("-c", _directory["server.conf"]);
    }

    private void Write(string name, TestAuthority authority)
    {
        (string certificate, string key) = authority.Sign(name);
        File.WriteAllText(_directory[$"{name}.pem"], certificate);
        File.WriteAllText(_directory[$"{name}.key"], key);
    }
}
