using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Agents;

/// <summary>Turns a deploy request into what an agent is told of it.</summary>
internal static class AgentDeployment
{
    internal static AgentDeploy Of(DeployRequest request, ArtifactFile artifact, WorkloadLimits? limits, bool attached) => new()
    {
        Name = request.Name,
        Type = WorkloadTypes.Canonical(request.Type) ?? request.Type,
        Program = ProgramName(request),
        Argv = request.Argv,
        Environment = request.Environment,
        Artifact = new AgentArtifact { Size = artifact.Size, Attached = attached },
        PidsLimit = limits?.Pids,
        MemoryLimit = limits?.MemoryBytes,
        CpuLimit = limits?.Cpus,
    };

    /// <summary>The file name that the artifact came with, where it can be a file name again; else the name of the workload.</summary>
    internal static string ProgramName(DeployRequest request)
    {
        const int longest = 255;
        string name = request.Artifact?.TrimEnd('/').Split('/').Last() ?? "";
        return name is "" or "." or ".." || System.Text.Encoding.UTF8.GetByteCount(name) > longest ? request.Name : name;
    }
}
