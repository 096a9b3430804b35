using Nex.Node.Configuration.Keys;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for what the node offers.</summary>
internal static class OfferSettings
{
    internal static NodeOptions Of(NodeConfiguration configuration, Sandbox sandbox, ConfigurationValues values)
    {
        return new NodeOptions
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
        if (missing.Length > 0 || left.Length == 0)
        {
            string why = missing.Length > 0 ? $"agents cannot run {string.Join(" and ", missing)} yet" : "it names none";
            string takes = left.Length > 0 ? string.Join(", ", left) : $"no workloads. Add {string.Join(" or ", NodeCore.RunnableTypes)} for it to take some";
            values.AddWarning($"{NodeKeys.WorkloadTypes.Path}: {why}; this node takes {takes}.");
        }

        return left;
    }
}
