using System.Security.Cryptography;

namespace Nex.Demo;

/// <summary>A temporary directory of this demo alone, which is gone when it is disposed of.</summary>
internal sealed class Playground : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    internal Playground()
    {
        // Sandboxed agents of a root node run as another user, who must be able to reach the run directory; root's own temporary
        // directory may be closed to others.
        bool root = Environment.IsPrivilegedProcess;
        string suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        Root = Path.Combine(root ? "/tmp" : Path.GetTempPath(), $"nex-demo-{suffix}");
        Directory.CreateDirectory(Root, Owner);
        File.SetUnixFileMode(Root, root ? Passable : Owner);
    }

    internal string Root { get; }

    internal string RunDirectory => Path.Combine(Root, "run");

    internal string ArtifactDirectory => Path.Combine(Root, "artifacts");

    internal string TemplateDirectory => Path.Combine(Root, "templates");

    /// <summary>A name that no other demo has.</summary>
    internal string Marker => Path.GetFileName(Root);

    /// <summary>Removes the directory. Again, it does nothing.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}
