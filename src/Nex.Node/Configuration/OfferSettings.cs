using Nex.Node.Configuration.Keys;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for what the node offers.</summary>
internal static class OfferSettings
{
    internal static NodeOptions Of(NodeConfiguration configuration, Sandbox sandbox, ConfigurationValues values)
    {
        var options = new NodeOptions
        {
            Name = configuration.Find(NodeKeys.Name),
            Tags = configuration.Get(NodeKeys.Tags),
            ValidIssuers = configuration.Get(NodeKeys.ValidIssuers),
            WorkloadTypes = Types(configuration, values),
            RequireWorkloadHash = configuration.Get(NodeKeys.RequireWorkloadHash),
            Sandbox = sandbox,
            JetStreamDomain = configuration.Find(NatsKeys.JetStreamDomain),
            HeartbeatInterval = configuration.Get(NodeKeys.HeartbeatInterval),
            DeployTimeout = configuration.Get(NodeKeys.DeployTimeout),
            MaxClaimsAge = configuration.Find(NodeKeys.MaxClaimsAge) is { } age ? TimeSpan.FromMilliseconds(age) : null,
            UsedClaimsMemory = configuration.Get(NodeKeys.UsedClaimsMemory),
            MaxUsedClaims = (int)configuration.Get(NodeKeys.MaxUsedClaims),
            StopAfterLastWorkload = configuration.Get(NodeKeys.StopAfterLastWorkload),
            MaxArtifactBytes = configuration.Get(NodeKeys.MaxArtifactBytes),
            MaxConcurrentRequests = (int)configuration.Get(NodeKeys.MaxConcurrentRequests),
            MaxBufferedMessages = (int)configuration.Get(NodeKeys.MaxBufferedMessages),
            MaxBufferedBytes = configuration.Get(NodeKeys.MaxBufferedBytes),
        };
        try
        {
            options.ThrowIfInvalid();
        }
        catch (ArgumentException failure)
        {
            values.AddFault("configuration", "", failure.Message);
        }

        return options;
    }

    private static string[] Types(NodeConfiguration configuration, ConfigurationValues values)
    {
        if (!configuration.TryGet(NodeKeys.WorkloadTypes, out IReadOnlyList<string>? written))
        {
            return [.. NodeCore.RunnableTypes];
        }

        string[] types = [.. written.Select(type => WorkloadTypes.Canonical(type)!).Distinct()];
        string[] missing = [.. types.Except(NodeCore.RunnableTypes)];
        string[] left = [.. types.Intersect(NodeCore.RunnableTypes)];
        if (left.Length == 0)
        {
            values.AddFault(NodeKeys.WorkloadTypes, $"expected at least one type that agents can run ({string.Join(", ", NodeCore.RunnableTypes)}).");
        }
        else if (missing.Length > 0)
        {
            values.AddWarning($"{NodeKeys.WorkloadTypes.Path}: agents cannot run {string.Join(" and ", missing)} yet; this node takes {string.Join(", ", left)}.");
        }

        return left;
    }
}
