using System.Security.Cryptography;
using System.Text;
using NATS.NKeys;
using Nex.Control.Connections;

namespace Nex.Node;

/// <summary>
/// Who a node is: a server key, whose public part is its id, and a curve key, to which environments of workloads are sealed. The
/// secrets never leave this process but for the files that they are kept in.
/// </summary>
public sealed class NodeIdentity : IDisposable
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const int MaxSeedBytes = 256;

    private NodeIdentity(KeyPair server, KeyPair xkey)
    {
        Xkey = xkey;
        Id = server.GetPublicKey();
        PublicXkey = xkey.GetPublicKey();
        // It signs nothing: only its name is needed.
        server.Dispose();
    }

    /// <summary>The id of the node: its public server key (N…).</summary>
    public string Id { get; }

    /// <summary>The public curve key (X…) that environments are sealed to.</summary>
    public string PublicXkey { get; }

    internal KeyPair Xkey { get; }

    /// <summary>Makes a new one, which is gone with this process.</summary>
    public static NodeIdentity Create() => new(KeyPair.CreatePair(PrefixByte.Server), KeyPair.CreatePair(PrefixByte.Curve));

    /// <summary>
    /// Takes the identity that is kept in a directory, and makes what is missing there: the directory (mode 0700) and the files
    /// <c>node.nk</c> and <c>node.xk</c> (0600), each with a seed.
    /// </summary>
    /// <param name="directory">An absolute path.</param>
    /// <exception cref="InvalidOperationException">Others may read or change a file or the directory, or a file holds no such seed. The message says what to do.</exception>
    /// <exception cref="IOException">The host does not let this process use the directory.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static NodeIdentity LoadOrCreate(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, DirectoryMode);
        }

        // Who can write to the directory can put other keys there.
        ThrowIfOpen(directory, File.GetUnixFileMode(directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite), "chmod go-w");
        KeyPair server = Load(Path.Combine(directory, "node.nk"), PrefixByte.Server, "server");
        try
        {
            return new NodeIdentity(server, Load(Path.Combine(directory, "node.xk"), PrefixByte.Curve, "curve"));
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Forgets the secrets.</summary>
    public void Dispose() => Xkey.Dispose();

    private static KeyPair Load(string path, PrefixByte prefix, string kind)
    {
        try
        {
            return Read(path, prefix, kind);
        }
        catch (FileNotFoundException)
        {
            Create(path, prefix);
            return Read(path, prefix, kind);
        }
    }

    private static KeyPair Read(string path, PrefixByte prefix, string kind)
    {
        using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });
        ThrowIfOpen(path, File.GetUnixFileMode(file.SafeFileHandle), "chmod 600");
        byte[] content = new byte[MaxSeedBytes];
        char[] seed = [];
        try
        {
            int count = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            ReadOnlySpan<byte> text = content.AsSpan(0, count).Trim(" \t\r\n"u8);
            seed = new char[Encoding.ASCII.GetCharCount(text)];
            Encoding.ASCII.GetChars(text, seed);
            KeyPair pair = KeyPair.FromSeed(seed);
            return pair.Prefix == prefix ? pair : throw new NKeysException($"it is for a {pair.Prefix.ToString().ToLowerInvariant()} key");
        }
        catch (Exception failure) when (failure is NKeysException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            // What is wrong with it may show a part of it: only that it is wrong is said.
            throw new InvalidOperationException($"{path} holds no seed of a {kind} key. Put the right file back, or remove it so that a new one is made: the node is then another to everybody.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            Array.Clear(seed);
        }
    }

    /// <summary>Another node may be quicker: its key is then the one.</summary>
    private static void Create(string path, PrefixByte prefix)
    {
        using KeyPair pair = KeyPair.CreatePair(prefix);
        byte[] seed = Encoding.ASCII.GetBytes(pair.GetSeed() + "\n");
        _ = PrivateFile.TryCreate(path, seed);
        CryptographicOperations.ZeroMemory(seed);
    }

    private static void ThrowIfOpen(string path, UnixFileMode mode, string remedy)
    {
        if ((mode & Others) != 0)
        {
            throw new InvalidOperationException(
                $"{path} can be read or changed by others, and whoever has the keys of a node can read what is sealed for it. Run: {remedy} {path}");
        }
    }
}
