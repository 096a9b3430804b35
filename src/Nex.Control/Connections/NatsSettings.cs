using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace Nex.Control.Connections;

/// <summary>
/// How to reach NATS and as whom, in the words of NATS's own tools. A record: nothing is read from files before
/// <see cref="WithContext"/> and <see cref="ToOptions"/>. Its text shows no secret.
/// </summary>
public sealed record NatsSettings
{
    /// <summary>Where NATS is when nobody says where.</summary>
    public const string DefaultServer = "nats://127.0.0.1:4222";

    /// <summary>
    /// Servers of one system, as <c>nats://</c>, <c>tls://</c>, <c>ws://</c> or <c>wss://</c> URLs, or as <c>HOST[:PORT]</c>. A URL may
    /// carry <c>USER:PASSWORD@</c> or <c>TOKEN@</c>. None means <see cref="DefaultServer"/>.
    /// </summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>The user; without <see cref="Password"/> it is a token, as NATS's tools have it.</summary>
    public string? User { get; init; }

    /// <summary>The password of <see cref="User"/>.</summary>
    public string? Password { get; init; }

    /// <summary>A token.</summary>
    public string? Token { get; init; }

    /// <summary>A file with a user's JWT and seed. It is read again for each connection, so that it can be renewed.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>A file with the seed of a user's nkey.</summary>
    public string? NKeyFile { get; init; }

    /// <summary>A user's JWT; signed for with <see cref="NKeyFile"/>, or a bearer token without it.</summary>
    public string? Jwt { get; init; }

    /// <summary>The certificate of this client, PEM.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The key of <see cref="TlsCertificateFile"/>, PEM.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>The authorities that a server's certificate must come from, PEM; null: those of this host.</summary>
    public string? TlsAuthorityFile { get; init; }

    /// <summary>Whether TLS begins before the server has said anything.</summary>
    public bool TlsFirst { get; init; }

    /// <summary>The context that these came from; told to nobody but people.</summary>
    public string? ContextName { get; init; }

    /// <summary>What the server shows as the name of this connection.</summary>
    public string? ConnectionName { get; init; }

    /// <summary>What the subjects of replies begin with; null: <c>_INBOX</c>.</summary>
    public string? InboxPrefix { get; init; }

    /// <summary>The JetStream domain; null: that of the server.</summary>
    public string? JetStreamDomain { get; init; }

    /// <summary>Whether anything is said of who connects.</summary>
    internal bool HasCredentials =>
        (User ?? Password ?? Token ?? CredentialsFile ?? NKeyFile ?? Jwt) is not null || Servers.Any(ServerUrl.HasCredentials);

    /// <summary>Whether they say which NATS system is meant.</summary>
    internal bool NamesSystem => Servers.Count > 0 || ContextName is not null;

    internal bool HasTls => TlsFirst || (TlsCertificateFile ?? TlsKeyFile ?? TlsAuthorityFile) is not null;

    /// <summary>
    /// What is said here, and where nothing is said, what the context says. Credentials are taken from one or the other as a whole, and so is TLS.
    /// </summary>
    public NatsSettings WithContext(NatsContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Over(context.Settings);
    }

    /// <summary>What is said here, and where nothing is said, what is said there.</summary>
    internal NatsSettings Over(NatsSettings other)
    {
        NatsSettings who = HasCredentials ? this : other;
        NatsSettings tls = HasTls ? this : other;
        return new NatsSettings
        {
            Servers = Servers.Count > 0
                ? Servers
                : [.. HasCredentials ? other.Servers.Select(ServerUrl.WithoutCredentials) : other.Servers],
            User = who.User,
            Password = who.Password,
            Token = who.Token,
            CredentialsFile = who.CredentialsFile,
            NKeyFile = who.NKeyFile,
            Jwt = who.Jwt,
            TlsCertificateFile = tls.TlsCertificateFile,
            TlsKeyFile = tls.TlsKeyFile,
            TlsAuthorityFile = tls.TlsAuthorityFile,
            TlsFirst = tls.TlsFirst,
            ContextName = ContextName ?? other.ContextName,
            ConnectionName = ConnectionName ?? other.ConnectionName,
            InboxPrefix = InboxPrefix ?? other.InboxPrefix,
            JetStreamDomain = JetStreamDomain ?? other.JetStreamDomain,
        };
    }

    /// <summary>The options of a connection. Reads the files that are named, so that what is wrong with them is said now.</summary>
    /// <param name="loggerFactory">Where the connection logs to; null: nowhere.</param>
    /// <exception cref="NatsSettingsException">Something cannot be used; all of it is named.</exception>
    public NatsOpts ToOptions(ILoggerFactory? loggerFactory = null) => new NatsOptionsBuilder(this).Build(loggerFactory);

    /// <summary>Where, separated by commas, and without credentials.</summary>
    internal string ServersText => string.Join(',', Servers.Count > 0 ? Servers.Select(ServerUrl.WithoutCredentials) : [DefaultServer]);

    /// <summary>Says where, and never with what secret.</summary>
    public override string ToString() => ServersText + (ContextName is null ? "" : $" (context {ContextName})");
}
