using System.Globalization;
using System.Text;

namespace Nex.Linux.Processes;

/// <summary>The fields of <c>/proc/PID/stat</c> that are used here.</summary>
/// <param name="State">One letter, such as <c>R</c>, <c>S</c>, <c>T</c> (stopped) or <c>Z</c> (a zombie).</param>
/// <param name="StartTime">In clock ticks since the host booted; with the process id it names one process for ever.</param>
internal readonly record struct ProcessStat(int ProcessId, char State, int ParentId, int Session, long StartTime)
{
    internal bool IsZombie => State is 'Z' or 'X';

    /// <returns>Null when there is no such process.</returns>
    internal static ProcessStat? TryRead(int pid)
    {
        try
        {
            return TryParse(File.ReadAllText($"/proc/{pid}/stat", Encoding.Latin1));
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>All processes that can be seen from here, as of about one moment.</summary>
    internal static IEnumerable<ProcessStat> ReadAll()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && TryRead(pid) is { } stat)
            {
                yield return stat;
            }
        }
    }

    /// <summary>Parses a line; the name in it may hold spaces and parentheses, so the fields are counted from the last one.</summary>
    /// <returns>Null for a line that is none.</returns>
    internal static ProcessStat? TryParse(string line)
    {
        const int state = 0, parent = 1, session = 3, startTime = 19;
        int nameEnd = line.LastIndexOf(')');
        int nameStart = line.IndexOf('(', StringComparison.Ordinal);
        if (nameStart < 1 || nameEnd < nameStart)
        {
            return null;
        }

        string[] fields = line[(nameEnd + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return fields.Length > startTime
            && int.TryParse(line.AsSpan(0, nameStart), CultureInfo.InvariantCulture, out int pid)
            && fields[state].Length == 1
            && int.TryParse(fields[parent], CultureInfo.InvariantCulture, out int parentId)
            && int.TryParse(fields[session], CultureInfo.InvariantCulture, out int sessionId)
            && long.TryParse(fields[startTime], CultureInfo.InvariantCulture, out long started)
            ? new ProcessStat(pid, fields[state][0], parentId, sessionId, started)
            : null;
    }
}
