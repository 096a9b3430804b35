using System.Security.Cryptography;

namespace Nex.Testing.Files;

/// <summary>A new directory with a short path, which every user may pass through; removed with all that is in it.</summary>
internal sealed class TempDirectory : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    internal TempDirectory()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"nex-{RandomNumberGenerator.GetHexString(10, lowercase: true)}");
        _ = Directory.CreateDirectory(Path, Mode);
        // The mask of this process may have taken something away.
        File.SetUnixFileMode(Path, Mode);
    }

    internal string Path { get; }

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
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
