using Microsoft.Extensions.Logging;
using Nex.Control.Connections;
using Nex.Node.Configuration.Keys;
using Nex.Node.Servers;
using Nex.Node.Telemetry;
using Nex.ProcessManager.Configuration;
using Nex.Workloads;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means: the options of every part of a node.</summary>
internal sealed record NodeSettings
{
    internal required string DataDirectory { get; init; }

    internal required NodeOptions Node { get; init; }

    internal required ProcessManagerOptions Agents { get; init; }

    internal required ArtifactCacheOptions Artifacts { get; init; }

    internal required WorkloadManagerOptions Workloads { get; init; }

    /// <summary>The NATS system that the node joins; null for a server of its own.</summary>
    internal NatsSettings? Nats { get; init; }

    /// <summary>What the private server is given; it is started where no other NATS system is named.</summary>
    internal required PrivateServerOptions PrivateServer { get; init; }

    /// <summary>Null where none is wanted.</summary>
    internal PublicServerOptions? PublicServer { get; init; }

    internal required TelemetryOptions Telemetry { get; init; }

    internal required LogLevel LogLevel { get; init; }

    internal required TimeSpan DrainTimeout { get; init; }

    internal required TimeSpan StopTimeout { get; init; }

    /// <param name="values">Gets what does not fit together.</param>
    internal static NodeSettings Of(NodeConfiguration configuration, ConfigurationValues values)
    {
        string data = configuration.Find(NodeKeys.DataDirectory) ?? LocalNode.DefaultDirectory;
        ProcessManagerOptions agents = AgentSettings.Of(configuration, data, values);
        var settings = new NodeSettings
        {
            DataDirectory = data,
            Node = OfferSettings.Of(configuration, agents.Sandbox, values),
            Agents = agents,
            Nats = ConnectionSettings.Of(configuration, values),
            Artifacts = new ArtifactCacheOptions
            {
                Directory = Path.Combine(data, "artifacts"),
                MaxBytes = configuration.Get(NodeKeys.ArtifactCacheBytes),
                MaxArtifactBytes = configuration.Get(NodeKeys.MaxArtifactBytes),
                MaxIdleImageBytes = configuration.Get(NodeKeys.ArtifactMemoryBytes),
            },
            Workloads = OfWorkloads(configuration),
            PrivateServer = new PrivateServerOptions
            {
                Program = configuration.Get(NatsKeys.ServerPath),
                Directory = Path.Combine(data, "nats"),
                Port = (int?)configuration.Find(NatsKeys.ServerPort),
                MaxPayload = configuration.Get(NatsKeys.ServerMaxPayload),
                MaxConnections = configuration.Get(NatsKeys.ServerMaxConnections),
                MaxStoreBytes = configuration.Get(NatsKeys.ServerMaxStore),
                MaxMemoryBytes = configuration.Get(NatsKeys.ServerMaxMemory),
            },
            PublicServer = PublicServerReader.Read(configuration, Path.Combine(data, "public-nats"), values),
            Telemetry = OfTelemetry(configuration, values),
            LogLevel = configuration.Get(NodeKeys.LogLevel),
            DrainTimeout = configuration.Get(NodeKeys.DrainTimeout),
            StopTimeout = configuration.Get(NodeKeys.StopTimeout),
        };
        AddFaultsOf(new ArtifactCacheOptionsValidator().Validate(null, settings.Artifacts).Failures, values);
        return settings;
    }

    /// <summary>Faults that the library finds although each value is one that its key may have.</summary>
    /// <param name="keys">The keys of options, by the names that such a fault begins with.</param>
    internal static void AddFaultsOf(IEnumerable<string>? failures, ConfigurationValues values, params (string Option, ConfigurationKey Key)[] keys)
    {
        foreach (string failure in failures ?? [])
        {
            (string option, ConfigurationKey? key) = keys.FirstOrDefault(each => failure.StartsWith(each.Option + " ", StringComparison.Ordinal));
            if (key is null)
            {
                values.AddFault("configuration", "", failure);
            }
            else
            {
                values.AddFault(key, failure[(option.Length + 1)..]);
            }
        }
    }

    private static WorkloadManagerOptions OfWorkloads(NodeConfiguration configuration)
    {
        TimeSpan initialDelay = configuration.Get(NodeKeys.RestartInitialDelay);
        TimeSpan maxDelay = configuration.Get(NodeKeys.RestartMaxDelay);
        return new WorkloadManagerOptions
        {
            MaxLogLines = (int)configuration.Get(NodeKeys.MaxLogLines),
            MaxLogCharacters = (int)configuration.Get(NodeKeys.MaxLogCharacters),
            Restarts = new RestartOptions
            {
                InitialDelay = initialDelay,
                MaxDelay = maxDelay > initialDelay ? maxDelay : initialDelay,
                MaxFailures = (int)configuration.Get(NodeKeys.RestartMaxFailures),
                HalfLife = configuration.Get(NodeKeys.RestartHalfLife),
            },
        };
    }

    private static TelemetryOptions OfTelemetry(NodeConfiguration configuration, ConfigurationValues values)
    {
        string url = configuration.Find(TelemetryKeys.CollectorUrl) ?? "127.0.0.1:14532";
        return new TelemetryOptions
        {
            MetricsExporter = Exporter(TelemetryKeys.Metrics, TelemetryKeys.MetricsExporter),
            MetricsHost = configuration.Find(TelemetryKeys.MetricsHost) ?? "127.0.0.1",
            MetricsPort = (int)configuration.Get(TelemetryKeys.MetricsPort),
            TracesExporter = Exporter(TelemetryKeys.Traces, TelemetryKeys.TracesExporter),
            Collector = new Uri(url.Contains("://", StringComparison.Ordinal) ? url : "http://" + url),
        };

        string? Exporter(ConfigurationKey<bool> enabled, ConfigurationKey<string> exporter)
        {
            string name = configuration.Get(exporter);
            if (!configuration.Get(enabled) || name != ExporterNames.File)
            {
                return configuration.Get(enabled) ? name : null;
            }

            values.AddWarning($"{exporter.Path}: there is no exporter '{name}': nothing is exported. Choose one of the others.");
            return null;
        }
    }
}
