using System.Text.Json.Serialization;

namespace Nex.Control.Connections;

/// <summary>The file of a context, as the <c>nats</c> tool writes it: what is not set is there as an empty text.</summary>
internal sealed record ContextFile
{
    public string? Url { get; init; }

    public string? Token { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Creds { get; init; }

    public string? Nkey { get; init; }

    public string? Cert { get; init; }

    public string? Key { get; init; }

    public string? Ca { get; init; }

    public string? Nsc { get; init; }

    public string? SocksProxy { get; init; }

    [JsonPropertyName("jetstream_domain")]
    public string? JetStreamDomain { get; init; }

    [JsonPropertyName("jetstream_api_prefix")]
    public string? JetStreamApiPrefix { get; init; }

    public string? InboxPrefix { get; init; }

    public string? UserJwt { get; init; }

    public bool TlsFirst { get; init; }

    /// <returns>The rest of a sentence that names the context; null when all of it can be used.</returns>
    internal string? FindUnsupported() => this switch
    {
        { Nsc.Length: > 0, Creds: null or "" } =>
            "takes its credentials from nsc, which is not asked here: write them to a file with `nsc generate creds`, and set 'creds' to it.",
        { SocksProxy.Length: > 0 } => "goes through a SOCKS proxy, which is not supported: name a server that can be reached.",
        { JetStreamApiPrefix.Length: > 0 } => "has a 'jetstream_api_prefix', which is not supported: set 'jetstream_domain' instead.",
        _ => null,
    };

    internal NatsSettings ToSettings(string name) => new()
    {
        Servers = [.. (Url ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        User = Given(User),
        Password = Given(Password),
        Token = Given(Token),
        CredentialsFile = Given(Creds),
        NKeyFile = Given(Nkey),
        Jwt = Given(UserJwt),
        TlsCertificateFile = Given(Cert),
        TlsKeyFile = Given(Key),
        TlsAuthorityFile = Given(Ca),
        TlsFirst = TlsFirst,
        ContextName = name,
        InboxPrefix = Given(InboxPrefix),
        JetStreamDomain = Given(JetStreamDomain),
    };

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ContextFile))]
internal sealed partial class ConnectionsJsonContext : JsonSerializerContext;
