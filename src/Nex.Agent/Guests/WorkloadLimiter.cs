using System.Globalization;
using Nex.Protocol.Agents;

namespace Nex.Agent.Guests;

/// <summary>
/// A cgroup for the workload. The agent itself joins it while it starts the workload, which is thus born into it: moved there after its start,
/// it could have left something outside.
/// </summary>
internal sealed class WorkloadLimiter : IDisposable
{
    private const int PeriodMicroseconds = 100_000;

    private readonly string _root;

    private WorkloadLimiter(string root) => _root = root;

    /// <param name="root">Where the hierarchy of cgroup version 2 is mounted.</param>
    /// <returns>Null for a workload without limits.</returns>
    /// <exception cref="IOException">A limit cannot be set.</exception>
    internal static WorkloadLimiter? TryEnter(string root, AgentDeploy deploy)
    {
        if (deploy.MemoryLimit is null && deploy.CpuLimit is null)
        {
            return null;
        }

        string group = Path.Combine(root, "workload");
        Write(root, "cgroup.subtree_control", "+memory +cpu");
        Directory.CreateDirectory(group);
        if (deploy.MemoryLimit is { } memory)
        {
            Write(group, "memory.max", memory.ToString(CultureInfo.InvariantCulture));
            Write(group, "memory.oom.group", "1");
        }

        if (deploy.CpuLimit is { } cpus)
        {
            Write(group, "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{(long)(cpus * PeriodMicroseconds)} {PeriodMicroseconds}"));
        }

        Write(group, "cgroup.procs", "0");
        return new WorkloadLimiter(root);
    }

    public void Dispose() => Write(_root, "cgroup.procs", "0");

    private static void Write(string group, string file, string value) => File.WriteAllText(Path.Combine(group, file), value);
}
