using Microsoft.Win32.SafeHandles;
using Nex.Agent.Workloads;
using Nex.Protocol.Agents;

namespace Nex.Agent.Providers;

/// <summary>Runs workloads of one type.</summary>
internal interface IWorkloadProvider
{
    /// <summary>One of the canonical names of workload types.</summary>
    string Type { get; }

    /// <summary>Checks an artifact and starts it.</summary>
    /// <param name="artifact">The whole artifact, read-only. The caller keeps owning it.</param>
    /// <exception cref="ProviderException">It cannot be run; nothing is left of the attempt.</exception>
    WorkloadProcess Start(AgentDeploy deploy, SafeFileHandle artifact);
}

/// <summary>A workload could not be run: why, with one of <see cref="AgentErrors"/> for a program and a sentence for a person.</summary>
internal sealed class ProviderException(int code, string message) : Exception(message)
{
    internal int Code { get; } = code;
}
