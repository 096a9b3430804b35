using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NATS.NKeys;
using Nex.Control.Messages;

namespace Nex.Control.Claims;

/// <summary>
/// What the sender of a workload claims and signs: a NATS JWT, signed with an account key, whose subject is the name of the workload.
/// </summary>
internal sealed record WorkloadClaims
{
    /// <summary>What is unique to this JWT: a stop must have another than its deploy.</summary>
    internal required string Id { get; init; }

    /// <summary>The public account key that has signed.</summary>
    internal required string Issuer { get; init; }

    /// <summary>The name of the workload.</summary>
    internal required string Subject { get; init; }

    /// <summary>The SHA-256 of the artifact, or whatever the sender has put there.</summary>
    internal string? Hash { get; init; }

    /// <summary>When it was signed; null where the sender does not say.</summary>
    internal DateTimeOffset? IssuedAt { get; init; }

    private const int Version = 2;
    private const string Type = "JWT";
    private const string Algorithm = "ed25519-nkey";
    private const int SignatureBytes = 64;
    private const int MaxCharacters = 64 * 1024;

    // Clocks of senders and nodes differ.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>Signs new claims.</summary>
    internal static string Sign(KeyPair account, string subject, string? hash, DateTimeOffset now, DateTimeOffset? expires = null)
    {
        var header = new ClaimsHeader(Type, Algorithm);
        var body = new ClaimsBody
        {
            Jti = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
            Iat = now.ToUnixTimeSeconds(),
            Exp = expires?.ToUnixTimeSeconds(),
            Iss = account.GetPublicKey(),
            Sub = subject,
            Nats = new NatsClaims(hash, Version),
        };
        string signed = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(header, ControlJsonContext.Default.ClaimsHeader))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(body, ControlJsonContext.Default.ClaimsBody))}";
        byte[] signature = new byte[SignatureBytes];
        account.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Encode(signature)}";
    }

    /// <summary>Reads claims, and holds them to their signature and their times.</summary>
    /// <exception cref="ClaimsException">They do not hold; the message says why.</exception>
    internal static WorkloadClaims Verify(string jwt, DateTimeOffset now)
    {
        ClaimsBody body = Open(jwt);
        if (body.Exp is { } expires && now.ToUnixTimeSeconds() >= expires)
        {
            throw new ClaimsException($"it has expired, at {At(expires)}");
        }

        long latest = (now + ClockSkew).ToUnixTimeSeconds();
        if (body.Nbf is { } begins && begins > latest)
        {
            throw new ClaimsException($"it does not hold before {At(begins)}");
        }

        if (body.Iat is { } issued && issued > latest)
        {
            throw new ClaimsException($"it was issued in the future, at {At(issued)}: set the clocks of sender and node");
        }

        return new WorkloadClaims { Id = body.Jti!, Issuer = body.Iss!, Subject = body.Sub!, Hash = body.Nats?.Hash, IssuedAt = InRange(body.Iat) };
    }

    private static ClaimsBody Open(string jwt)
    {
        if (jwt.Length > MaxCharacters || jwt.Split('.') is not [string header, string payload, string signature])
        {
            throw new ClaimsException("it is no JWT: three parts, separated by dots");
        }

        try
        {
            ClaimsHeader head = JsonSerializer.Deserialize(Decode(header), ControlJsonContext.Default.ClaimsHeader) ?? throw new JsonException("it is null");
            ClaimsBody body = JsonSerializer.Deserialize(Decode(payload), ControlJsonContext.Default.ClaimsBody) ?? throw new JsonException("it is null");
            if (head is not { Typ: Type, Alg: Algorithm })
            {
                throw new ClaimsException($"it is of type '{head.Typ}', signed by '{head.Alg}': only {Type} by {Algorithm} is accepted");
            }

            CheckSignature(body, Encoding.ASCII.GetBytes($"{header}.{payload}"), Decode(signature));
            return string.IsNullOrEmpty(body.Jti) || string.IsNullOrEmpty(body.Sub)
                ? throw new ClaimsException("it lacks jti or sub")
                : body;
        }
        catch (Exception failure) when (failure is JsonException or FormatException)
        {
            throw new ClaimsException($"it cannot be read: {failure.Message.TrimEnd('.')}", failure);
        }
    }

    private static void CheckSignature(ClaimsBody body, byte[] signed, byte[] signature)
    {
        if (!PublicKey.IsValid(PrefixByte.Account, body.Iss))
        {
            throw new ClaimsException("its issuer is no public account key (A…)");
        }

        using KeyPair issuer = KeyPair.FromPublicKey(body.Iss);
        if (signature.Length != SignatureBytes || !issuer.Verify(signed, signature))
        {
            throw new ClaimsException("its signature is not of its issuer");
        }
    }

    private static string At(long seconds) => InRange(seconds) is { } time ? $"{time:u}" : $"{seconds} s";

    private static DateTimeOffset? InRange(long? seconds) =>
        seconds is > -62_135_596_800 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : null;

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
