using System.Globalization;
using System.Text.RegularExpressions;
using Nex.Chaos.World;

namespace Nex.Chaos.Checks;

/// <summary>What a node counts of itself, which must balance when it has nothing to do.</summary>
internal sealed partial class NodeMetrics
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    private NodeMetrics(string page)
    {
        foreach (Match sample in Sample().Matches(page))
        {
            _samples.Add((sample.Groups[1].Value, sample.Groups[2].Value, double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture)));
        }
    }

    internal static async Task<NodeMetrics> OfAsync(RunningNode node)
    {
        using var client = new HttpClient();
        return new NodeMetrics(await client.GetStringAsync(node.MetricsUrl));
    }

    /// <summary>What does not balance.</summary>
    internal IReadOnlyList<string> Faults(int poolSize)
    {
        (string What, double Is, double Should)[] sums =
        [
            ("warm agents", Sum("nex_agents", "state=\"warm\""), poolSize),
            ("agents", Sum("nex_agents"), poolSize),
            ("agents that were started and have not ended", Sum("nex_agent_starts_total") + Sum("nex_agent_start_failures_total") - Sum("nex_agent_exits_total"), poolSize),
            ("workloads that started and have not ended", Sum("nex_workload_deploy_duration_seconds_count") - Sum("nex_workload_ends_total"), 0),
            ("workloads", Sum("nex_workloads"), 0),
            ("requests that wait for an agent", Sum("nex_pool_waiting"), 0),
            ("requests in work", Sum("nex_node_requests_active"), 0),
            ("messages that wait to be published", Sum("nex_node_publish_buffered"), 0),
            ("connections to NATS", Sum("nex_node_connected"), 1),
        ];
        return [.. sums.Where(sum => sum.Is != sum.Should).Select(sum => $"The node at rest counts {sum.Is} {sum.What}, and should {sum.Should}.")];
    }

    private double Sum(string name, string label = "") => _samples
        .Where(sample => sample.Name == name && sample.Labels.Contains(label, StringComparison.Ordinal))
        .Sum(sample => sample.Value);

    [GeneratedRegex(@"^([a-z_]+)(\{[^}]*\})? ([0-9.eE+-]+)", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
