using System.Xml.Linq;

namespace Nex.Architecture.Tests;

/// <summary>The repository that these tests were built from, as files.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    internal static string SourceDirectory { get; } = Path.Combine(Root, "src");

    /// <summary>The names of all projects under src/.</summary>
    internal static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateFiles(SourceDirectory, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal)];

    /// <summary>All source files under src/, by their paths from the root.</summary>
    internal static IReadOnlyList<string> SourceFiles { get; } =
        [.. Directory.EnumerateFiles(SourceDirectory, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal)];

    /// <summary>The number of lines in a file named by its path from the root.</summary>
    internal static int CountLines(string file) => File.ReadLines(Path.Combine(Root, file)).Count();

    /// <summary>The projects that a project under src/ references itself, sorted.</summary>
    internal static IReadOnlyList<string> ProjectReferences(string project) =>
        [.. Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    /// <summary>The packages that the file of a project under src/ references, sorted.</summary>
    internal static IReadOnlyList<string> PackageReferences(string project) =>
        [.. Items(project, "PackageReference").Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Path.Combine(SourceDirectory, project, project + ".csproj"))
            .Descendants(kind)
            .Select(item => (string?)item.Attribute("Include"))
            .OfType<string>();

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
