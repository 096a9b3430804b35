namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>The program and arguments that start an agent in its sandbox.</summary>
/// <param name="Path">The program, as an absolute path.</param>
/// <param name="Arguments">All arguments, the program's name first.</param>
internal sealed record AgentCommand(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>The number of the link's descriptor in the agent: the first behind the standard three.</summary>
    internal const int LinkDescriptor = 3;

    /// <summary>The number of the filter's descriptor in what makes the sandbox, which does not hand it on.</summary>
    internal const int FilterDescriptor = 4;

    /// <summary>The agent as a child process, with nothing around it.</summary>
    internal static AgentCommand Plain(string agentPath, string agentId, string workDirectory) =>
        new(agentPath, [agentPath, "--id", agentId, "--link", LinkDescriptor.ToString(), "--work", workDirectory]);
}
