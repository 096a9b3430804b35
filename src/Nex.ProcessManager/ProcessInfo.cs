using Nex.Protocol.Workloads;

namespace Nex.ProcessManager;

/// <summary>An agent that has a workload, whatever sandbox it runs in.</summary>
/// <param name="DeployRequest">What was asked for.</param>
/// <param name="Id">The id of the agent and of its workload.</param>
/// <param name="Name">The name of the workload.</param>
/// <param name="Namespace">Whose workload it is.</param>
public sealed record ProcessInfo(DeployRequest DeployRequest, string Id, string Name, string Namespace);
