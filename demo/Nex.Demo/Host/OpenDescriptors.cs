namespace Nex.Demo.Host;

/// <summary>Counts the descriptors of this process that agents and artifacts could leave open.</summary>
internal static class OpenDescriptors
{
    private static readonly string[] Kinds = ["socket:", "/memfd:", "anon_inode:[pidfd]"];

    internal static int Count() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "")
        .Count(target => Kinds.Any(kind => target.StartsWith(kind, StringComparison.Ordinal)));
}
