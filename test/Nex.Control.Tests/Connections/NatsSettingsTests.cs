using NATS.Client.Core;
using NATS.NKeys;
using Nex.Control.Connections;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Control.Tests.Connections;

public sealed class NatsSettingsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_user_is_let_in_with_a_password_in_the_URL_or_beside_it()
    {
        await using NatsServer server = await NatsServer.StartAsync("--user", "me", "--pass", "p@ss word");

        await AssertLetInAsync(new NatsSettings { Servers = [$"nats://me:p%40ss%20word@127.0.0.1:{server.Port}"] });
        await AssertLetInAsync(new NatsSettings { Servers = [$"127.0.0.1:{server.Port}"], User = "me", Password = "p@ss word" });
        await Assert.ThrowsAsync<NatsException>(() => ConnectAsync(new NatsSettings { Servers = [server.Url], User = "me", Password = "wrong" }));
    }

    [Fact]
    public async Task A_user_without_a_password_is_a_token()
    {
        await using NatsServer server = await NatsServer.StartAsync("--auth", "token");

        await AssertLetInAsync(new NatsSettings { Servers = [server.Url], User = "token" });
        await AssertLetInAsync(new NatsSettings { Servers = [server.Url], Token = "token" });
        await AssertLetInAsync(new NatsSettings { Servers = [$"nats://token@127.0.0.1:{server.Port}"] });
    }

    [Fact]
    public async Task A_user_is_let_in_with_the_seed_of_an_nkey()
    {
        using KeyPair key = KeyPair.CreatePair(PrefixByte.User);
        File.WriteAllText(_directory["user.nk"], $"# a comment\n{key.GetSeed()}\n");
        File.WriteAllText(_directory["server.conf"], $"authorization {{ users = [ {{ nkey: {key.GetPublicKey()} }} ] }}");
        await using NatsServer server = await NatsServer.StartAsync("-c", _directory["server.conf"]);

        await AssertLetInAsync(new NatsSettings { Servers = [server.Url], NKeyFile = _directory["user.nk"] });
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once_and_no_secret_with_it()
    {
        using KeyPair key = KeyPair.CreatePair(PrefixByte.User);
        File.WriteAllText(_directory["damaged.nk"], key.GetSeed()[..^1] + "!");
        var settings = new NatsSettings
        {
            Servers = ["http://me:secret@a"],
            NKeyFile = _directory["damaged.nk"],
            TlsCertificateFile = _directory["none.pem"],
            InboxPrefix = "a.*",
        };

        NatsSettingsException failure = Assert.Throws<NatsSettingsException>(() => settings.ToOptions());

        Assert.Equal(5, failure.Faults.Count);
        Assert.Contains("'http://a'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(_directory["damaged.nk"], failure.Message, StringComparison.Ordinal);
        Assert.Contains(_directory["none.pem"], failure.Message, StringComparison.Ordinal);
        Assert.Contains("a.*", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message + settings, StringComparison.Ordinal);
        Assert.DoesNotContain(key.GetSeed()[..^1], failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_credentials_file_is_looked_into_at_once()
    {
        File.WriteAllText(_directory["user.creds"], "-----BEGIN NATS USER JWT-----\nabc\n------END NATS USER JWT------\n");

        NatsSettingsException failure = Assert.Throws<NatsSettingsException>(() => new NatsSettings { CredentialsFile = _directory["user.creds"] }.ToOptions());

        Assert.Contains(_directory["user.creds"], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_were_renewed_are_used_for_the_next_connection()
    {
        using KeyPair first = KeyPair.CreatePair(PrefixByte.User);
        using KeyPair second = KeyPair.CreatePair(PrefixByte.User);
        WriteCredentials("one", first);
        NatsOpts options = new NatsSettings { CredentialsFile = _directory["user.creds"] }.ToOptions();
        WriteCredentials("two", second);

        NatsAuthCred renewed = await options.AuthOpts.AuthCredCallback!(new Uri("nats://a"), TestContext.Current.CancellationToken);

        Assert.Equal(NatsAuthCred.FromJwt("two", second.GetSeed()), renewed);
    }

    [Fact]
    public void Two_kinds_of_credentials_cannot_both_be_meant() =>
        Assert.Throws<NatsSettingsException>(() => new NatsSettings { User = "me", Password = "x", CredentialsFile = "/x" }.ToOptions());

    [Fact]
    public void The_text_of_settings_shows_no_secret()
    {
        var settings = new NatsSettings { Servers = ["nats://me:secret@a:1", "token@b"], Password = "secret", Token = "token" };

        Assert.Equal("nats://a:1,b", settings.ToString());
    }

    private void WriteCredentials(string jwt, KeyPair key) => File.WriteAllText(
        _directory["user.creds"],
        $"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{key.GetSeed()}\n------END USER NKEY SEED------\n");

    private static async Task AssertLetInAsync(NatsSettings settings) => await ConnectAsync(settings);

    private static async Task ConnectAsync(NatsSettings settings)
    {
        await using var connection = new NatsConnection(settings.ToOptions());
        await connection.ConnectAsync().Within();
        await connection.PingAsync().Within();
    }
}
