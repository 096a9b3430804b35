using Nex.Control.Connections;
using Nex.Testing.Files;

namespace Nex.Control.Tests.Connections;

public sealed class NatsContextTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_context_says_how_to_connect()
    {
        NatsSettings settings = Load("""
            {"description":"the big one","url":"nats://a:4222, nats://b:4222","token":"","user":"me","password":"secret","creds":"","nkey":"",
             "cert":"c.pem","key":"k.pem","ca":"ca.pem","nsc":"","jetstream_domain":"hub","jetstream_api_prefix":"","jetstream_event_prefix":"",
             "inbox_prefix":"_INBOX.me","user_jwt":"","color_scheme":"","tls_first":true}
            """);

        Assert.Equal(["nats://a:4222", "nats://b:4222"], settings.Servers);
        Assert.Equal(("me", "secret"), (settings.User, settings.Password));
        Assert.Equal(("c.pem", "k.pem", "ca.pem"), (settings.TlsCertificateFile, settings.TlsKeyFile, settings.TlsAuthorityFile));
        Assert.Equal(("hub", "_INBOX.me", true), (settings.JetStreamDomain, settings.InboxPrefix, settings.TlsFirst));
        Assert.Null(settings.Token);
        Assert.Null(settings.CredentialsFile);
    }

    [Fact]
    public void What_is_said_wins_over_the_context_and_credentials_are_not_mixed()
    {
        NatsContext context = NatsContext.Load(Write("""{"url":"nats://user:pass@a","creds":"/x.creds","jetstream_domain":"hub"}"""));

        NatsSettings settings = new NatsSettings { User = "me", Password = "mine" }.WithContext(context);

        Assert.Equal(["nats://a"], settings.Servers);
        Assert.Equal(("me", "mine", null), (settings.User, settings.Password, settings.CredentialsFile));
        Assert.Equal("hub", settings.JetStreamDomain);
    }

    [Theory]
    [InlineData("""{"nsc":"nsc://operator/account/user"}""", "nsc generate creds")]
    [InlineData("""{"socks_proxy":"socks5://localhost"}""", "SOCKS")]
    [InlineData("""{"jetstream_api_prefix":"X"}""", "jetstream_domain")]
    [InlineData("""{"url":7, "password":"secret"}""", "$.url")]
    [InlineData("{", "line 1")]
    [InlineData("null", "no JSON of a context")]
    public void What_cannot_be_used_is_said_with_the_file_and_without_secrets(string content, string reason)
    {
        NatsSettingsException failure = Assert.Throws<NatsSettingsException>(() => Load(content));

        Assert.Contains(_directory["context.json"], failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_named()
    {
        NatsSettingsException failure = Assert.Throws<NatsSettingsException>(() => NatsContext.Load(_directory["none.json"]));

        Assert.Contains(_directory["none.json"], failure.Message, StringComparison.Ordinal);
    }

    private NatsSettings Load(string content) => NatsContext.Load(Write(content)).Settings;

    private string Write(string content)
    {
        File.WriteAllText(_directory["context.json"], content);
        return _directory["context.json"];
    }
}
