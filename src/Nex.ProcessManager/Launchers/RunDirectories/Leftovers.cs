using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.RunDirectories;

/// <summary>What was found of managers that ended without stopping: killed, or crashed.</summary>
/// <param name="Instances">How many such managers there were.</param>
/// <param name="Processes">How many of their processes still ran.</param>
internal sealed record Leftovers(int Instances, int Processes)
{
    /// <summary>
    /// Ends the processes and removes the directories of every manager whose process is gone. Processes are told by id and start time, and
    /// by the session that an agent made for itself: nothing else is touched.
    /// </summary>
    internal static Leftovers Remove(string baseDirectory)
    {
        var found = new Leftovers(0, 0);
        foreach (string directory in Directory.EnumerateDirectories(baseDirectory))
        {
            if (InstanceName.TryParse(Path.GetFileName(directory)) is { IsAlive: false } instance)
            {
                try
                {
                    int killed = instance.IsOfThisBoot ? KillProcesses(directory) : 0;
                    RunDirectory.Remove(directory);
                    found = new Leftovers(found.Instances + 1, found.Processes + killed);
                }
                catch (DirectoryNotFoundException)
                {
                    // Another manager, which starts at the same time, was faster.
                }
            }
        }

        return found;
    }

    private static int KillProcesses(string instanceDirectory)
    {
        ProcessIdentity[] agents = [.. Directory.EnumerateDirectories(instanceDirectory).Select(RunDirectory.Recorded).OfType<ProcessIdentity>()];
        return agents.Sum(ProcessSession.Kill);
    }
}
