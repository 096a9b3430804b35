using NATS.NKeys;

namespace Nex.Control.Connections;

/// <summary>Reads the files that say who connects. What is in them is never part of an error.</summary>
internal static class SecretFiles
{
    private const string JwtBegins = "-----BEGIN NATS USER JWT-----";
    private const string SeedBegins = "-----BEGIN USER NKEY SEED-----";

    // Far more than any of them has.
    private const int MaxBytes = 1024 * 1024;

    /// <summary>The home of the user in place of <c>~/</c>, which contexts are written with.</summary>
    internal static string Expand(string path) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[1..])
            : path;

    /// <exception cref="NatsSettingsException"/>
    internal static (string Jwt, string Seed) ReadCredentials(string file)
    {
        string[] lines = Read(file, "credentials").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (After(lines, JwtBegins), After(lines, SeedBegins)) is ({ } jwt, { } seed)
            ? (jwt, seed)
            : throw new NatsSettingsException($"The credentials file {file} holds no user JWT with its seed: make it with `nsc generate creds`.");
    }

    /// <exception cref="NatsSettingsException"/>
    internal static (string PublicKey, string Seed) ReadUserSeed(string file)
    {
        string seed = Read(file, "nkey").Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(line => line.StartsWith("SU", StringComparison.Ordinal))
            ?? throw new NatsSettingsException($"The nkey file {file} holds no seed of a user (SU…): give the file with the seed, not the public key.");
        try
        {
            using KeyPair key = KeyPair.FromSeed(seed);
            return (key.GetPublicKey(), seed);
        }
        catch (Exception failure) when (failure is NKeysException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            throw new NatsSettingsException($"The nkey file {file} holds a seed that is damaged: its checksum does not fit.", failure);
        }
    }

    /// <exception cref="NatsSettingsException"/>
    internal static string Read(string file, string kind)
    {
        string path = Expand(file);
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaxBytes)
            {
                throw new NatsSettingsException($"The {kind} file {path} has {stream.Length} bytes, which none of that kind has: name another file.");
            }

            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string why = failure is FileNotFoundException or DirectoryNotFoundException ? "it does not exist" : failure.Message.TrimEnd('.');
            throw new NatsSettingsException($"The {kind} file {path} cannot be read: {why}.", failure);
        }
    }

    private static string? After(string[] lines, string mark)
    {
        int line = Array.IndexOf(lines, mark);
        return line >= 0 && line + 1 < lines.Length ? lines[line + 1] : null;
    }
}
