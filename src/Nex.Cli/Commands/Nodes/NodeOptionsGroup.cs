using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.Node.Configuration;

namespace Nex.Cli.Commands.Nodes;

/// <summary>The options that say how a node is. Each stands for a key of the configuration, and wins over it.</summary>
internal sealed class NodeOptionsGroup
{
    private readonly Option<string?> _config = new("--config") { Description = "Configuration file, JSON [NEX_CONFIG]", HelpName = "FILE" };

    private readonly Option<bool> _noSandbox = new("--no-sandbox") { Description = "The same as --sandbox none: only for workloads that you trust" };

    private readonly Option<bool> _stopAfterLast = new("--stop-after-last") { Description = "In lame duck mode, end when the last workload has ended" };

    private readonly Option<bool> _metrics = new("--metrics") { Description = "Export metrics" };

    private readonly Option<bool> _traces = new("--traces") { Description = "Export traces" };

    private readonly Option<string[]> _tags = new("--tag") { Description = "Something to choose this node by; may be given again", HelpName = "KEY=VALUE" };

    private readonly Option<string[]> _issuers = new("--valid-issuer")
    {
        Description = "An account (A…) that may run workloads here; may be given again. Without one, everybody may",
        HelpName = "KEY",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any key of the configuration, such as machine_template.vcpu_count=2; may be given again",
        HelpName = "KEY=VALUE",
    };

    // Options that are one key with one value.
    private readonly (Option<string?> Option, string Key)[] _values =
    [
        (Text("--name", "What people call this node", "NAME"), "node_name"),
        (Text("--sandbox", "What separates workloads from the host: none, namespaces, qemu or firecracker", "KIND"), "sandbox"),
        (Text("--pool-size", "How many agents are kept warm", "COUNT"), "machine_pool_size"),
        (Text("--data-dir", "Where the node keeps what is its own", "DIR"), "data_dir"),
        (Text("--agent", "The agent, where it is not beside nex", "FILE"), "agent_path"),
        (Text("--metrics-port", "The port that Prometheus fetches metrics from", "PORT"), "otel_metrics_port"),
        (Text("--otel-metrics-exporter", "How metrics are exported: prometheus, grpc or http", "KIND"), "otel_metrics_exporter"),
        (Text("--otel-traces-exporter", "How traces are exported: grpc or http", "KIND"), "otel_traces_exporter"),
    ];

    internal NodeOptionsGroup()
    {
        _tags.Validators.Add(RequirePairs);
        _set.Validators.Add(RequirePairs);
        _set.Validators.Add(RequireKeys);
    }

    internal IEnumerable<Option> Options => [_config, .. _values.Select(value => value.Option), _noSandbox, _tags, _issuers, _stopAfterLast, _metrics, _traces, _set];

    /// <summary>Reads the configuration with all that stands above it.</summary>
    /// <param name="more">Further keys that flags set.</param>
    /// <exception cref="NodeConfigurationException">It has faults; all are listed.</exception>
    internal NodeConfiguration Load(ParseResult parsed, params ConfigurationOverride[] more)
    {
        string? file = parsed.GetValue(_config) ?? Environment.GetEnvironmentVariable("NEX_CONFIG");
        List<ConfigurationOverride> overrides = [];
        foreach ((Option<string?> option, string key) in _values)
        {
            if (parsed.GetValue(option) is { } text)
            {
                overrides.Add(new ConfigurationOverride(key, text, option.Name));
            }
        }

        AddFlag(_noSandbox, "no_sandbox");
        AddFlag(_stopAfterLast, "stop_after_last_workload");
        AddFlag(_metrics, "otel_metrics");
        AddFlag(_traces, "otel_traces");
        overrides.AddRange((parsed.GetValue(_tags) ?? []).Select(tag => new ConfigurationOverride("tags", tag, _tags.Name)));
        if (parsed.GetValue(_issuers) is { Length: > 0 } issuers)
        {
            overrides.Add(new ConfigurationOverride("valid_issuers", string.Join(',', issuers), _issuers.Name));
        }

        overrides.AddRange((parsed.GetValue(_set) ?? []).Select(pair => new ConfigurationOverride(KeyOf(pair), pair[(pair.IndexOf('=') + 1)..], _set.Name)));
        return NodeConfigurationLoader.Load(string.IsNullOrEmpty(file) ? null : file, [.. overrides, .. more]);

        void AddFlag(Option<bool> option, string key)
        {
            if (parsed.GetValue(option))
            {
                overrides.Add(new ConfigurationOverride(key, "true", option.Name));
            }
        }
    }

    private static string KeyOf(string pair) => pair[..pair.IndexOf('=')];

    private static void RequirePairs(OptionResult result)
    {
        foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=') <= 0))
        {
            result.AddError($"{result.Option.Name} {token.Value}: write it as KEY=VALUE.");
        }
    }

    private static void RequireKeys(OptionResult result)
    {
        foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=') > 0 && !NodeConfigurationLoader.IsKey(KeyOf(token.Value))))
        {
            result.AddError($"--set {token.Value}: the configuration has no such key; docs/configuration.md lists them.");
        }
    }

    // The original writes its names with underscores.
    private static Option<string?> Text(string name, string description, string value) =>
        new(name, name[2..].Contains('-', StringComparison.Ordinal) ? [$"--{name[2..].Replace('-', '_')}"] : []) { Description = description, HelpName = value };
}
