using System.Globalization;
using System.Text;
using Nex.Bench.Harness;
using Nex.Linux.Processes;

namespace Nex.Bench.Running;

/// <summary>What processes occupy, as the kernel counts it; in MB of 1,048,576 bytes.</summary>
internal static class ProcessMemory
{
    /// <summary>Its own pages, and its share of those that it has together with others, of each agent with all processes around it.</summary>
    internal static IReadOnlyList<double> OfAgents()
    {
        ILookup<int, int> children = ProcessStat.ReadAll().ToLookup(stat => stat.ParentId, stat => stat.ProcessId);
        return [.. children[Environment.ProcessId].Where(IsAgent).Select(agent => Tree(children, agent).Sum(pid => Read(pid, "Pss")))];
    }

    /// <summary>The process ids of a node's agents that have no sandbox.</summary>
    internal static IEnumerable<int> AgentsOf(int node) =>
        ProcessStat.ReadAll().Where(stat => stat.ParentId == node).Select(stat => stat.ProcessId).Where(IsAgent);

    /// <summary>Its own pages, and its share of those that it has together with others.</summary>
    internal static double Proportional(int pid) => Read(pid, "Pss");

    /// <summary>All pages that it has in memory, those of libraries that others have too included.</summary>
    internal static double Resident(int pid) => Read(pid, "Rss");

    /// <summary>What the hypervisor of a machine occupies, the machine's own memory included.</summary>
    internal static MachineMemory OfMachine(int pid) => new()
    {
        Proportional = Read(pid, "Pss"),
        Private = Read(pid, "Private_Clean", "Private_Dirty"),
        OfTemplate = ReadTemplate(pid),
    };

    /// <summary>What the host has left for new processes.</summary>
    internal static double Available() =>
        double.Parse(
            File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;

    /// <summary>The pages that this process alone has.</summary>
    internal static double OfThisProcess()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Read(Environment.ProcessId, "Private_Clean", "Private_Dirty");
    }

    /// <summary>The memory of a clone is a file of all clones that it maps for itself: what it has written to became anonymous.</summary>
    private static double ReadTemplate(int pid)
    {
        bool inTemplate = false;
        double kilobytes = 0;
        foreach (string[] words in File.ReadLines($"/proc/{pid}/smaps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (words[0])
            {
                case "Rss:" when inTemplate:
                    kilobytes += double.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                case "Anonymous:" when inTemplate:
                    kilobytes -= double.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                case var first when !first.EndsWith(':'):
                    inTemplate = words.Length > 5 && words[5].StartsWith("/memfd:", StringComparison.Ordinal);
                    break;
                default:
                    break;
            }
        }

        return kilobytes / 1024;
    }

    private static bool IsAgent(int pid) =>
        File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8).Split('\0') is var words
        && words.Contains("--link") && words.Any(word => Path.GetFileName(word) == "nex-agent");

    private static IEnumerable<int> Tree(ILookup<int, int> children, int root) =>
        children[root].SelectMany(child => Tree(children, child)).Prepend(root);

    private static double Read(int pid, params IReadOnlyList<string> names)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/smaps_rollup")
                .Where(line => names.Any(name => line.StartsWith(name + ":", StringComparison.Ordinal)))
                .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024;
        }
        catch (UnauthorizedAccessException)
        {
            throw new SkippedException("the memory of an agent can be read by root only");
        }
    }
}

/// <summary>In MB of 1,048,576 bytes.</summary>
internal sealed record MachineMemory
{
    /// <summary>Its own pages, and its share of those that it has together with others.</summary>
    internal required double Proportional { get; init; }

    /// <summary>The pages that it alone has.</summary>
    internal required double Private { get; init; }

    /// <summary>What it uses of its template, unchanged and so together with all other clones.</summary>
    internal required double OfTemplate { get; init; }
}
