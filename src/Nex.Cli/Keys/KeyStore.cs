using System.Text;
using NATS.NKeys;
using Nex.Control.Connections;

namespace Nex.Cli.Keys;

/// <summary>A key of this user.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="FileName">Its file in the key directory.</param>
/// <param name="Prefix">What its public key begins with.</param>
/// <param name="SeedBegins">What its seed begins with.</param>
internal sealed record KeyKind(string Kind, string FileName, PrefixByte Prefix, string SeedBegins)
{
    /// <summary>Signs what is deployed: only who has it can stop it.</summary>
    internal static readonly KeyKind Issuer = new("issuer", "issuer.nk", PrefixByte.Account, "SA");

    /// <summary>Seals environments.</summary>
    internal static readonly KeyKind Publisher = new("xkey", "publisher.xk", PrefixByte.Curve, "SX");
}

/// <summary>
/// Keys of this user, made once and kept in <c>$XDG_CONFIG_HOME/nex</c>, or <c>~/.config/nex</c>: each a file of mode 0600 with a seed in it.
/// </summary>
internal static class KeyStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const int MaxBytes = 64 * 1024;

    internal static string Directory =>
        Path.Join(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } configured
                ? configured
                : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "nex");

    internal static string PathOf(KeyKind kind) => Path.Join(Directory, kind.FileName);

    /// <summary>Reads the key of a file that is named.</summary>
    /// <exception cref="UsageException">There is no such seed in it, or others can read it.</exception>
    internal static KeyPair Read(string file, KeyKind kind)
    {
        string seed = ReadLines(file, kind).FirstOrDefault(line => line.StartsWith(kind.SeedBegins, StringComparison.Ordinal))
            ?? throw new UsageException($"{file} holds no seed of an {kind.Kind} key ({kind.SeedBegins}…): make one with `nex keys make`.");
        try
        {
            return KeyPair.FromSeed(seed);
        }
        catch (Exception failure) when (failure is NKeysException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            throw new UsageException($"The seed in {file} is damaged: its checksum does not fit.");
        }
    }

    /// <summary>Reads this user's key, and makes it where there is none.</summary>
    internal static KeyPair ReadOrMake(KeyKind kind)
    {
        string file = PathOf(kind);
        if (!File.Exists(file))
        {
            _ = TryMake(kind);
        }

        return Read(file, kind);
    }

    /// <summary>Makes this user's key. Of several that try at once, one does.</summary>
    /// <returns>Whether it was made now; false where there is one.</returns>
    internal static bool TryMake(KeyKind kind)
    {
        _ = System.IO.Directory.CreateDirectory(Directory, OwnerOnly);
        using KeyPair key = KeyPair.CreatePair(kind.Prefix);
        return PrivateFile.TryCreate(PathOf(kind), Encoding.ASCII.GetBytes(key.GetSeed() + "\n"));
    }

    private static string[] ReadLines(string file, KeyKind kind)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"There is no {kind.Kind} key at {file}: make it with `nex keys make`.");
        }

        if ((File.GetUnixFileMode(file) & Others) != 0)
        {
            throw new UsageException($"{file} can be read or changed by others, so that they could act in your name: chmod 600 {file}");
        }

        return new FileInfo(file).Length > MaxBytes ? [] : File.ReadAllLines(file);
    }
}
