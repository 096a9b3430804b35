using Nex.Node.Configuration;

namespace Nex.Cli.Commands.Nodes;

/// <summary>Says what is wrong with a configuration, one fault a line.</summary>
internal static class ConfigurationFaults
{
    /// <returns>The exit code.</returns>
    internal static int Say(CommandRun run, NodeConfigurationException failure)
    {
        foreach (ConfigurationFault fault in failure.Faults)
        {
            run.Say(fault.ToString());
        }

        return ExitCodes.WrongUsage;
    }
}
