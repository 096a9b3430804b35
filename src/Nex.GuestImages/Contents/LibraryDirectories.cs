using System.Runtime.InteropServices;

namespace Nex.GuestImages.Contents;

/// <summary>Where the dynamic loader of this host looks for libraries.</summary>
internal static class LibraryDirectories
{
    private const string Configuration = "/etc/ld.so.conf";
    private const int MaxIncludes = 16;

    /// <summary>Those that it knows without any configuration. In the guest, which has no cache of libraries, it knows no others.</summary>
    internal static IReadOnlyList<string> BuiltIn { get; } = FindBuiltIn();

    /// <summary>All, in the order of the search: the configured ones first.</summary>
    internal static IReadOnlyList<string> ReadAll() => ReadAll(Configuration);

    internal static IReadOnlyList<string> ReadAll(string configuration)
    {
        var found = new List<string>();
        ReadConfiguration(configuration, found, depth: 0);
        return [.. found.Concat(BuiltIn).Distinct(StringComparer.Ordinal)];
    }

    private static List<string> FindBuiltIn()
    {
        string machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
        return [$"/lib/{machine}-linux-gnu", $"/usr/lib/{machine}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
    }

    private static void ReadConfiguration(string file, List<string> found, int depth)
    {
        // A host needs no such file, and a loader goes on without one that it cannot read.
        if (depth > MaxIncludes || !File.Exists(file))
        {
            return;
        }

        foreach (string line in File.ReadLines(file))
        {
            string[] words = line.Split('#')[0].Split([' ', '\t', ',', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["include", ..])
            {
                foreach (string included in words[1..].SelectMany(pattern => Expand(pattern, file)))
                {
                    ReadConfiguration(included, found, depth + 1);
                }
            }
            else if (words is not ["hwcap", ..])
            {
                found.AddRange(words.Where(word => word.StartsWith('/')).Select(word => word.TrimEnd('/')));
            }
        }
    }

    private static IEnumerable<string> Expand(string pattern, string includingFile)
    {
        string path = Path.Combine(Path.GetDirectoryName(includingFile) ?? "/", pattern);
        string? directory = Path.GetDirectoryName(path);
        return Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, Path.GetFileName(path)).Order(StringComparer.Ordinal)
            : [];
    }
}
