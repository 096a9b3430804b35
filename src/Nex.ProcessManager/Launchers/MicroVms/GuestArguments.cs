using System.Globalization;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>What the agent in a machine is told on the command line of its kernel.</summary>
internal static class GuestArguments
{
    /// <summary>The name of the virtual serial port that is the link.</summary>
    internal const string PortName = "nex.agent.0";

    internal static string For(string link, long workspaceBytes, RootDisk? disk)
    {
        string root = disk is null ? "" : $" nex.root={disk.Type}:/dev/vda";
        return string.Create(CultureInfo.InvariantCulture, $"nex.link={link} nex.workspace={workspaceBytes}{root}");
    }
}
