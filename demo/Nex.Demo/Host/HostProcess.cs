using System.Globalization;

namespace Nex.Demo.Host;

/// <summary>A process of the host, as <c>/proc</c> shows it.</summary>
internal sealed record HostProcess(int Id, IReadOnlyList<string> Arguments)
{
    internal static IEnumerable<HostProcess> All() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where char.IsAsciiDigit(name[0])
        let id = int.Parse(name, CultureInfo.InvariantCulture)
        select new HostProcess(id, Read(id, "cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Whether its command line, its environment or its cgroup contains one of these.</summary>
    internal bool Mentions(params IReadOnlyList<string> marks)
    {
        string all = $"{string.Join('\0', Arguments)}\0{Read(Id, "environ")}\0{Read(Id, "cgroup")}";
        return marks.Any(mark => all.Contains(mark, StringComparison.Ordinal));
    }

    /// <summary>Those that a process has started and that still run.</summary>
    internal static IEnumerable<HostProcess> ChildrenOf(int parent) => All().Where(process =>
        Read(process.Id, "status").Split('\n') is var lines
        && lines.Contains($"PPid:\t{parent}")
        && !lines.Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal)));

    /// <summary>The memory that it has to itself, and its part of what it shares, in bytes.</summary>
    /// <returns>Null when the process has ended, or is not this user's to look at.</returns>
    internal long? ProportionalMemory()
    {
        const string field = "Pss:", unit = "kB";
        string? line = Read(Id, "smaps_rollup").Split('\n')
            .FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null ? null : 1024 * long.Parse(line[field.Length..].Replace(unit, "", StringComparison.Ordinal));
    }

    public override string ToString() => $"{Id} ({(Arguments.Count == 0 ? "no arguments" : string.Join(' ', Arguments))})";

    /// <returns>Empty when the process has ended, or is not this user's to look at.</returns>
    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
