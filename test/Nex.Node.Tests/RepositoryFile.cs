namespace Nex.Node.Tests;

/// <summary>Files of the repository that tests are built from.</summary>
internal static class RepositoryFile
{
    internal static string Path(params string[] parts)
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory is null
            ? throw new InvalidOperationException("The tests do not run below the repository.")
            : System.IO.Path.Combine([directory.FullName, .. parts]);
    }
}
