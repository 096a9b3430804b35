using System.Globalization;
using System.Text;
using Nex.Control.Connections;

namespace Nex.Node.Hosting;

/// <summary>The directory of a node, which no other node can use as long as this is not disposed of.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string LockName = "node.lock";
    private const string OwnerName = "node.pid";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    /// <summary>Makes it where it is missing, with mode 0700, and takes it.</summary>
    /// <exception cref="NodeHostException">It cannot be used, or another node has it.</exception>
    internal static DataDirectory Take(string path)
    {
        try
        {
            _ = Directory.CreateDirectory(path, OwnerOnly);
            // Locked with flock, which the kernel releases when this process ends, by whatever.
            var held = new FileStream(
                System.IO.Path.Combine(path, LockName),
                new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            // In a file of its own, for others to read: the lock keeps them from reading this one.
            PrivateFile.Write(System.IO.Path.Combine(path, OwnerName), Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            return new DataDirectory(path, held);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NodeHostException(NodeHostFailure.Directory, Describe(path, failure), failure);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string Describe(string path, Exception failure) => Owner(path) is { } owner
        ? $"Another node (process {owner}) uses {path}: stop it, or give this one a directory of its own with --data-dir."
        : $"The directory {path} of the node cannot be used: {failure.Message} Choose another with --data-dir.";

    /// <returns>The process that has taken it; null where none has.</returns>
    private static string? Owner(string path)
    {
        try
        {
            string text = File.ReadAllText(System.IO.Path.Combine(path, OwnerName));
            return int.TryParse(text, CultureInfo.InvariantCulture, out int pid) && Directory.Exists($"/proc/{pid}") ? text : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
