using System.CommandLine;
using Nex.Control.Connections;

namespace Nex.Cli.Options;

/// <summary>
/// The options that say how to reach NATS, with the names and the environment variables of NATS's tools. They are put on the root command, and
/// any command below may give them.
/// </summary>
internal sealed class NatsOptionsGroup
{
    private readonly Option<string[]> _server = new("--server", "-s")
    {
        Description = "NATS servers [NATS_URL]",
        HelpName = "URL",
        Recursive = true,
    };

    private readonly Option<string?> _context = Text("--context", "A context of the nats tool, by name or by file [NATS_CONTEXT]", "NAME");
    private readonly Option<bool> _noContext = new("--no-context") { Description = "Take no context that is not named on the command line", Recursive = true };
    private readonly Option<string?> _user = Text("--user", "User, or token when there is no password [NATS_USER]", "NAME");
    private readonly Option<string?> _password = Text("--password", "Password; better given by its variable [NATS_PASSWORD]", "TEXT");
    private readonly Option<string?> _creds = Text("--creds", "Credentials file [NATS_CREDS]", "FILE");
    private readonly Option<string?> _nkey = Text("--nkey", "File with the seed of a user's nkey [NATS_NKEY]", "FILE");
    private readonly Option<string?> _certificate = Text("--tlscert", "Certificate of this client, PEM [NATS_CERT]", "FILE");
    private readonly Option<string?> _key = Text("--tlskey", "Key of the certificate, PEM [NATS_KEY]", "FILE");
    private readonly Option<string?> _authority = Text("--tlsca", "Certificate authorities of the servers, PEM [NATS_CA]", "FILE");
    private readonly Option<bool> _tlsFirst = new("--tlsfirst") { Description = "Begin TLS before the server says anything", Recursive = true };
    private readonly Option<string?> _name = Text("--conn-name", "What NATS shows as the name of this connection", "NAME");

    internal IReadOnlyList<Option> Options =>
        [_server, _context, _noContext, _user, _password, _creds, _nkey, _certificate, _key, _authority, _tlsFirst, _name];

    /// <summary>What the command line and the environment say, contexts they name included. It need not say which NATS system is meant.</summary>
    /// <exception cref="NatsSettingsException">A context cannot be used.</exception>
    internal NatsSettings ReadGiven(ParseResult parsed)
    {
        NatsSettings flags = ReadFlags(parsed);
        if (parsed.GetValue(_context) is { Length: > 0 } context)
        {
            // A context that is named is whole: nothing of the environment is mixed into it.
            return flags.WithContext(NatsContext.Load(context));
        }

        NatsSettings settings = flags.Over(ReadEnvironment());
        return settings.Servers.Count == 0 && !parsed.GetValue(_noContext) && Variable("NATS_CONTEXT") is { } named
            ? settings.WithContext(NatsContext.Load(named))
            : settings;
    }

    /// <summary>What is given; else the context that is selected; else the server of a node on this machine; else the default server.</summary>
    /// <exception cref="NatsSettingsException">A context cannot be used.</exception>
    internal NatsSettings Read(ParseResult parsed)
    {
        NatsSettings given = ReadGiven(parsed);
        if (given.NamesSystem)
        {
            return given;
        }

        if (!parsed.GetValue(_noContext) && NatsContext.LoadSelected() is { } selected)
        {
            return given.WithContext(selected);
        }

        // A node on this machine that runs a server of its own.
        return LocalNode.Find(LocalNode.DefaultDirectory) is { } local
            ? given.Over(new NatsSettings { Servers = [local.Url], NKeyFile = local.NKeyFile })
            : given;
    }

    private NatsSettings ReadFlags(ParseResult parsed) => new()
    {
        Servers = Split(parsed.GetValue(_server) ?? []),
        User = parsed.GetValue(_user),
        Password = parsed.GetValue(_password),
        CredentialsFile = parsed.GetValue(_creds),
        NKeyFile = parsed.GetValue(_nkey),
        TlsCertificateFile = parsed.GetValue(_certificate),
        TlsKeyFile = parsed.GetValue(_key),
        TlsAuthorityFile = parsed.GetValue(_authority),
        TlsFirst = parsed.GetValue(_tlsFirst),
        ConnectionName = parsed.GetValue(_name),
    };

    private static NatsSettings ReadEnvironment() => new()
    {
        Servers = Split([Variable("NATS_URL") ?? ""]),
        User = Variable("NATS_USER"),
        Password = Variable("NATS_PASSWORD"),
        CredentialsFile = Variable("NATS_CREDS"),
        NKeyFile = Variable("NATS_NKEY"),
        TlsCertificateFile = Variable("NATS_CERT"),
        TlsKeyFile = Variable("NATS_KEY"),
        TlsAuthorityFile = Variable("NATS_CA"),
    };

    private static string[] Split(string[] servers) =>
        [.. servers.SelectMany(server => server.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Option<string?> Text(string name, string description, string value) =>
        new(name) { Description = description, HelpName = value, Recursive = true };
}
