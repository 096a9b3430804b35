namespace Nex.Control.Claims;

/// <summary>The first part of a JWT.</summary>
internal sealed record ClaimsHeader(string? Typ, string? Alg);

/// <summary>The second part of a JWT. Times are in seconds since 1970.</summary>
internal sealed record ClaimsBody
{
    public string? Jti { get; init; }

    public long? Iat { get; init; }

    public long? Nbf { get; init; }

    public long? Exp { get; init; }

    public string? Iss { get; init; }

    public string? Sub { get; init; }

    public NatsClaims? Nats { get; init; }
}

internal sealed record NatsClaims(string? Hash, int? Version);
