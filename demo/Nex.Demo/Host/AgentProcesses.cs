using System.Globalization;
using Nex.ProcessManager.Configuration;

namespace Nex.Demo.Host;

/// <summary>Finds the processes of the host that agents are.</summary>
internal sealed class AgentProcesses(Sandbox sandbox, string runDirectory)
{
    /// <summary>Whether agents are in machines: all that the host then sees of one is its hypervisor.</summary>
    internal bool AreMachines => sandbox == Sandbox.Qemu;

    /// <summary>Those of these agents that run. Of a machine it is QEMU, of others the agent alone, without a bubblewrap around it.</summary>
    internal IReadOnlyList<HostProcess> Of(params IReadOnlyList<string> agentIds)
    {
        string program = AreMachines ? "qemu-system-" : "nex-agent";
        HashSet<int> machines = AreMachines ? [.. agentIds.Select(Recorded).OfType<int>()] : [];
        return
        [
            .. HostProcess.All().Where(process =>
                Path.GetFileName(process.Arguments.FirstOrDefault("")).StartsWith(program, StringComparison.Ordinal)
                && (machines.Contains(process.Id) || process.Arguments.Intersect(agentIds).Any())),
        ];
    }

    /// <summary>A machine's process has no argument that names its agent: the manager has written it down.</summary>
    private int? Recorded(string agentId) => Directory
        .EnumerateDirectories(runDirectory)
        .Select(instance => Path.Combine(instance, agentId, "process"))
        .Where(File.Exists)
        .Select(file => (int?)int.Parse(File.ReadAllText(file).Split(' ')[0], CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
