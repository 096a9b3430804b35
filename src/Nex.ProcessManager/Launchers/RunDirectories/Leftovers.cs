using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.RunDirectories;

/// <summary>What was found of managers that ended without stopping: killed, or crashed.</summary>
/// <param name="Instances">How many such managers there were.</param>
/// <param name="Processes">How many of their processes still ran.</param>
internal sealed record Leftovers(int Instances, int Processes)
{
    /// <summary>
    /// Ends the processes and removes the directories of every manager whose process is gone. Processes are told by id and start time, and
    /// by the session that an agent made for itself, if that still is of this manager: nothing else is touched.
    /// </summary>
    internal static Leftovers Remove(string baseDirectory)
    {
        var found = new Leftovers(0, 0);
        foreach (string directory in Directory.EnumerateDirectories(baseDirectory))
        {
            try
            {
                if (InstanceName.TryParse(Path.GetFileName(directory)) is { } instance && IsLeft(instance, directory))
                {
                    int killed = instance is { IsOfThisBoot: true, IsOfThisNamespace: true } ? KillProcesses(directory) : 0;
                    RunDirectory.Remove(directory);
                    found = new Leftovers(found.Instances + 1, found.Processes + killed);
                }
            }
            catch (IOException failure) when (failure is DirectoryNotFoundException or LinuxException { Errno: Errno.NoEntry })
            {
                // Another manager, which starts at the same time, was faster.
            }
        }

        return found;
    }

    /// <summary>Processes of another namespace end with it, and only their directory is left.</summary>
    private static bool IsLeft(InstanceName instance, string directory) =>
        !instance.IsAlive || (!instance.IsOfThisNamespace && RunDirectory.IsDeserted(directory));

    private static int KillProcesses(string instanceDirectory)
    {
        ProcessIdentity[] agents = [.. Directory.EnumerateDirectories(instanceDirectory).Select(RunDirectory.Recorded).OfType<ProcessIdentity>()];
        string instance = Path.GetFileName(instanceDirectory);
        return agents.Sum(agent => ProcessSession.KillLeft(agent, instance));
    }
}
