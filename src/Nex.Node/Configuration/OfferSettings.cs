using Nex.Node.Configuration.Keys;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for what the node offers.</summary>
internal static class OfferSettings
{
    /// <summary>The types that agents have a provider for.</summary>
    private static readonly string[] Runnable = [WorkloadTypes.Elf];

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
            return Runnable;
        }

        string[] types = [.. written.Select(type => WorkloadTypes.Canonical(type)!).Distinct()];
        string[] missing = [.. types.Except(Runnable)];
        string[] left = [.. types.Intersect(Runnable)];
        if (left.Length == 0)
        {
            values.AddFault(NodeKeys.WorkloadTypes, $"expected at least one type that agents can run ({string.Join(", ", Runnable)}).");
        }
        else if (missing.Length > 0)
        {
            values.AddWarning($"{NodeKeys.WorkloadTypes.Path}: agents cannot run {string.Join(" and ", missing)} yet; this node takes {string.Join(", ", left)}.");
        }

        return left;
    }
}
