namespace Nex.Bench.Harness;

/// <summary>A temporary directory for all that a run writes, removed at its end.</summary>
internal sealed class Workspace : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private int _last;

    internal Workspace()
    {
        DirectoryPath = Directory.CreateTempSubdirectory("nex-bench-").FullName;
        // The user that sandboxed agents run as passes through it.
        File.SetUnixFileMode(DirectoryPath, Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    internal string DirectoryPath { get; }

    /// <summary>A path that nothing has yet.</summary>
    internal string NewPath(string name) => Path.Combine(DirectoryPath, $"{name}-{Interlocked.Increment(ref _last)}");

    public void Dispose() => Directory.Delete(DirectoryPath, recursive: true);
}
