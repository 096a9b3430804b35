using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;

namespace Nex.Control.Connections;

/// <summary>Makes the options of a connection, and collects all that is wrong on the way.</summary>
internal sealed class NatsOptionsBuilder(NatsSettings settings)
{
    private readonly List<string> _faults = [];

    /// <exception cref="NatsSettingsException"/>
    internal NatsOpts Build(ILoggerFactory? loggerFactory)
    {
        Uri[] servers = [.. Servers()];
        NatsAuthOpts who = Credentials(servers);
        NatsTlsOpts tls = Tls();
        CheckInboxPrefix();
        return _faults.Count > 0
            ? throw new NatsSettingsException(_faults)
            : NatsOpts.Default with
            {
                // The credentials of a URL are given apart, so that nothing that shows the URL shows them.
                Url = string.Join(',', servers.Select(server => ServerUrl.WithoutCredentials(server.OriginalString))),
                Name = settings.ConnectionName ?? "nex",
                AuthOpts = who,
                TlsOpts = tls,
                InboxPrefix = settings.InboxPrefix ?? NatsOpts.Default.InboxPrefix,
                LoggerFactory = loggerFactory ?? NullLoggerFactory.Instance,
            };
    }

    private IEnumerable<Uri> Servers()
    {
        foreach (string server in settings.Servers.DefaultIfEmpty(NatsSettings.DefaultServer))
        {
            if (ServerUrl.TryParse(server) is { } parsed)
            {
                yield return parsed;
            }
            else
            {
                _faults.Add($"'{ServerUrl.WithoutCredentials(server)}' is no URL of a NATS server: write nats://HOST:PORT, or tls://, ws:// or wss://.");
            }
        }
    }

    private NatsAuthOpts Credentials(Uri[] servers)
    {
        string?[] ways = [settings.User ?? settings.Token, settings.CredentialsFile, settings.NKeyFile ?? settings.Jwt];
        if (ways.Count(way => way is not null) > 1)
        {
            _faults.Add("More than one kind of credentials is given: keep one of user or token, credentials file, and nkey or JWT.");
            return NatsAuthOpts.Default;
        }

        if (settings.Password is not null && settings.User is null)
        {
            _faults.Add("A password is given, and no user: name the user as well.");
        }

        return settings switch
        {
            { CredentialsFile: { } file } => FromCredentials(file),
            { NKeyFile: { } file } => FromSeed(file),
            { Jwt: { } jwt } => NatsAuthOpts.Default with { Jwt = jwt },
            { Token: { } token } => NatsAuthOpts.Default with { Token = token },
            { User: { } user } => FromUser(user, settings.Password),
            _ => FromUrls(servers),
        };
    }

    // As the tools of NATS have it: a user without a password is a token.
    private static NatsAuthOpts FromUser(string user, string? password) =>
        password is null ? NatsAuthOpts.Default with { Token = user } : NatsAuthOpts.Default with { Username = user, Password = password };

    private NatsAuthOpts FromUrls(Uri[] servers)
    {
        (string User, string? Password)[] all = [.. servers.Select(ServerUrl.Credentials).OfType<(string, string?)>().Distinct()];
        if (all.Length > 1)
        {
            _faults.Add("The servers are given with different credentials in their URLs: they must be servers of one system, with the same.");
        }

        return all.Length == 0 ? NatsAuthOpts.Default : FromUser(all[0].User, all[0].Password);
    }

    private NatsAuthOpts FromCredentials(string file)
    {
        _ = Try(() => SecretFiles.ReadCredentials(file));
        return NatsAuthOpts.Default with
        {
            AuthCredCallback = (_, _) =>
            {
                (string jwt, string seed) = SecretFiles.ReadCredentials(file);
                return ValueTask.FromResult(NatsAuthCred.FromJwt(jwt, seed));
            },
        };
    }

    private NatsAuthOpts FromSeed(string file) =>
        Try(() => SecretFiles.ReadUserSeed(file)) is { Seed: not null } key
            ? NatsAuthOpts.Default with { NKey = settings.Jwt is null ? key.PublicKey : null, Seed = key.Seed, Jwt = settings.Jwt }
            : NatsAuthOpts.Default;

    private NatsTlsOpts Tls()
    {
        if (settings.TlsCertificateFile is null != settings.TlsKeyFile is null)
        {
            _faults.Add("A client certificate needs its key, and the key its certificate: give both, as PEM files.");
        }

        foreach (string file in new[] { settings.TlsCertificateFile, settings.TlsKeyFile, settings.TlsAuthorityFile }.OfType<string>())
        {
            _ = Try(() => SecretFiles.Read(file, "TLS"));
        }

        return NatsTlsOpts.Default with
        {
            CertFile = Expand(settings.TlsCertificateFile),
            KeyFile = Expand(settings.TlsKeyFile),
            CaFile = Expand(settings.TlsAuthorityFile),
            Mode = settings.TlsFirst ? TlsMode.Implicit : TlsMode.Auto,
        };
    }

    private static string? Expand(string? file) => file is null ? null : SecretFiles.Expand(file);

    private void CheckInboxPrefix()
    {
        if (settings.InboxPrefix is { } prefix && !prefix.Split('.').All(ControlSubjects.IsToken))
        {
            _faults.Add($"'{prefix}' cannot be what the subjects of replies begin with: use tokens without wildcards and blanks, such as _INBOX.me.");
        }
    }

    private T? Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NatsSettingsException failure)
        {
            _faults.AddRange(failure.Faults);
            return default;
        }
    }
}
