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

    /// <summary>The pages that this process alone has.</summary>
    internal static double OfThisProcess()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Read(Environment.ProcessId, "Private_Clean", "Private_Dirty");
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
