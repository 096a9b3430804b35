using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Agents;

namespace Nex.Testing.Files;

/// <summary>The programs of test/programs, which are run as workloads.</summary>
internal static class TestPrograms
{
    private static readonly string Directory = System.IO.Path.Combine(FindRoot(), "artifacts", "programs");

    internal static string Path(string name)
    {
        // An absolute path stays what it is.
        string path = System.IO.Path.Combine(Directory, name);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} does not exist: run ./build.sh build first.");
    }

    /// <summary>A program as an artifact: a sealed file in memory. The caller closes it.</summary>
    internal static ArtifactFile Artifact(string name) => Artifact(System.IO.Path.GetFileName(name), File.ReadAllBytes(Path(name)));

    internal static ArtifactFile Artifact(string name, byte[] content)
    {
        SafeFileHandle file = MemoryFile.Create(name);
        RandomAccess.Write(file, content, 0);
        MemoryFile.Seal(file);
        return new ArtifactFile(file, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException(
                $"No directory above {AppContext.BaseDirectory} holds Nex.slnx: run these tests from where they were built.");
    }
}
