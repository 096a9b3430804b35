using System.Globalization;
using Nex.Control.Messages;

namespace Nex.Node.Control;

/// <summary>The memory of the host.</summary>
internal static class HostMemory
{
    private const string Path = "/proc/meminfo";

    /// <returns>Null where the host does not tell.</returns>
    internal static MemoryStatus? Read()
    {
        try
        {
            return Parse(File.ReadLines(Path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="lines">Such as <c>MemTotal:       24683620 kB</c>.</param>
    internal static MemoryStatus? Parse(IEnumerable<string> lines)
    {
        long? total = null, free = null, available = null;
        foreach (string line in lines)
        {
            ReadOnlySpan<char> name = line.AsSpan(0, Math.Max(0, line.IndexOf(':', StringComparison.Ordinal)));
            switch (name)
            {
                case "MemTotal":
                    total = Value(line);
                    break;
                case "MemFree":
                    free = Value(line);
                    break;
                case "MemAvailable":
                    available = Value(line);
                    break;
            }

            if (total is not null && free is not null && available is not null)
            {
                return new MemoryStatus(total.Value, free.Value, available.Value);
            }
        }

        return null;
    }

    private static long? Value(string line)
    {
        ReadOnlySpan<char> value = line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim();
        int unit = value.IndexOf(' ');
        return long.TryParse(unit < 0 ? value : value[..unit], NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes : null;
    }
}
