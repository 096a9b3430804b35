using System.Security.Cryptography;

namespace Nex.Testing.Files;

/// <summary>
/// A new directory with a short path, which every user may pass through; removed with all that is in it. It is made when it is first used: a
/// test that is skipped before that leaves nothing, though nobody disposes of it.
/// </summary>
internal sealed class TempDirectory : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly Lazy<string> _path = new(Make);

    internal string Path => _path.Value;

    /// <summary>The path of something in it.</summary>
    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file that can be executed.</summary>
    internal string WriteProgram(string name, string text)
    {
        File.WriteAllText(this[name], text);
        File.SetUnixFileMode(this[name], Mode);
        return this[name];
    }

    public void Dispose()
    {
        if (_path.IsValueCreated && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static string Make()
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"nex-{RandomNumberGenerator.GetHexString(10, lowercase: true)}");
        _ = Directory.CreateDirectory(path, Mode);
        // The mask of this process may have taken something away.
        File.SetUnixFileMode(path, Mode);
        return path;
    }
}
