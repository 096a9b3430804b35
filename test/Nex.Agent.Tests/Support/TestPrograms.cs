namespace Nex.Agent.Tests.Support;

/// <summary>The programs of test/programs, as build.sh compiles them.</summary>
internal static class TestPrograms
{
    private static readonly string Directory = Path.Combine(FindRoot(), "artifacts", "programs");

    internal static string Find(string name)
    {
        string path = Path.Combine(Directory, name);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} does not exist: run ./build.sh build first.");
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException(
                $"No directory above {AppContext.BaseDirectory} holds Nex.slnx: run these tests from where they were built.");
    }
}
