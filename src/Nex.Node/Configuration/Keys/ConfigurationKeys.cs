namespace Nex.Node.Configuration.Keys;

/// <summary>Every key that a configuration may have.</summary>
internal static class ConfigurationKeys
{
    /// <summary>By group, with the heading that documentation has for it.</summary>
    internal static IReadOnlyList<(string Heading, IReadOnlyList<ConfigurationKey> Keys)> Groups { get; } =
    [
        ("The node", NodeKeys.List.Keys),
        ("Agents and their sandbox", AgentKeys.List.Keys),
        ("MicroVMs", MachineKeys.List.Keys),
        ("NATS", NatsKeys.List.Keys),
        ("Metrics and traces", TelemetryKeys.List.Keys),
        ("Keys of the original system without effect", OriginalKeys.List.Keys),
    ];

    internal static IReadOnlyList<ConfigurationKey> All { get; } = [.. Groups.SelectMany(group => group.Keys)];

    // As the original reads its files: names match in either case.
    private static readonly Dictionary<string, ConfigurationKey> ByPath = All.ToDictionary(key => key.Path, StringComparer.OrdinalIgnoreCase);

    internal static ConfigurationKey? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>Whether there are keys below that path.</summary>
    internal static bool IsObject(string path) => All.Any(key => key.Path.StartsWith(path + ".", StringComparison.OrdinalIgnoreCase));
}
