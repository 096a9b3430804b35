using Nex.Protocol.Agents;
using Nex.Testing.Files;

namespace Nex.Agent.Tests.Support;

/// <summary>Deploy requests for the programs of test/programs.</summary>
internal static class Workload
{
    /// <summary>A program whose open file comes along.</summary>
    internal static AgentDeploy Of(string program, params string[] argv) => new()
    {
        Name = program,
        Type = "elf",
        Program = program,
        Argv = argv,
        Environment = new Dictionary<string, string>(),
        Artifact = new AgentArtifact { Size = new FileInfo(TestPrograms.Path(program)).Length, Attached = true },
    };

    /// <summary>A program that the agent has to read over the link.</summary>
    internal static AgentDeploy ToRead(byte[] content, params string[] argv) => Of("exit", argv) with
    {
        Artifact = new AgentArtifact { Size = content.Length, Attached = false },
    };
}
