namespace Nex.ProcessManager.Tests.Support;

/// <summary>The descriptors of this process.</summary>
internal static class OpenDescriptors
{
    /// <summary>Their numbers and what they are, but for the list itself and for what is loaded of this program.</summary>
    internal static string[] List() =>
    [
        .. Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Select(entry => $"{Path.GetFileName(entry)} {new FileInfo(entry).LinkTarget}")
            .Where(entry => !entry.EndsWith("/fd", StringComparison.Ordinal) && !entry.EndsWith(".dll", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Those that were not open before. What a test before had open may have been closed since.</summary>
    internal static IEnumerable<string> Since(string[] before) => List().Except(before);
}
