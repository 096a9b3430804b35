using Nex.Node.Configuration.Keys;
using Nex.ProcessManager.Configuration;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for the pool of agents.</summary>
internal static class AgentSettings
{
    internal static ProcessManagerOptions Of(NodeConfiguration configuration, string dataDirectory, ConfigurationValues values)
    {
        var defaults = new ProcessManagerOptions();
        Sandbox sandbox = ChooseSandbox(configuration, values);
        long pids = configuration.Get(AgentKeys.DefaultPidsLimit);
        TimeSpan startBackoff = configuration.Get(AgentKeys.StartBackoff);
        TimeSpan maxStartBackoff = configuration.Get(AgentKeys.MaxStartBackoff);
        var options = new ProcessManagerOptions
        {
            PoolSize = (int)configuration.Get(AgentKeys.PoolSize),
            Sandbox = sandbox,
            Network = ChooseNetwork(configuration, sandbox, values),
            MicroVm = MachineSettings.Of(configuration, sandbox, dataDirectory, values),
            AgentPath = configuration.Find(AgentKeys.AgentPath) ?? defaults.AgentPath,
            RunDirectory = configuration.Find(AgentKeys.RunDirectory) ?? defaults.RunDirectory,
            MaxConcurrentStarts = (int?)configuration.Find(AgentKeys.MaxConcurrentStarts) ?? defaults.MaxConcurrentStarts,
            StartTimeout = configuration.Get(AgentKeys.HandshakeTimeout),
            PingInterval = configuration.Get(AgentKeys.PingInterval),
            PingTimeout = configuration.Get(AgentKeys.PingTimeout),
            ExitTimeout = configuration.Get(AgentKeys.ExitTimeout),
            StopTimeout = configuration.Get(NodeKeys.StopTimeout),
            StartFailureLimit = (int)configuration.Get(AgentKeys.StartFailureLimit),
            StartBackoff = startBackoff,
            MaxStartBackoff = maxStartBackoff > startBackoff ? maxStartBackoff : startBackoff,
            DefaultPidsLimit = pids == 0 ? null : (int)pids,
            WorkspaceBytes = configuration.Get(AgentKeys.WorkspaceBytes),
            SandboxUserId = (uint)configuration.Get(AgentKeys.SandboxUserId),
            CgroupParent = configuration.Find(AgentKeys.CgroupParent),
        };
        NodeSettings.AddFaultsOf(new ProcessManagerOptionsValidator().Validate(null, options).Failures, values, (nameof(options.Network), AgentKeys.Network));
        return options;
    }

    private static SandboxNetwork ChooseNetwork(NodeConfiguration configuration, Sandbox sandbox, ConfigurationValues values)
    {
        SandboxNetwork network = configuration.Get(AgentKeys.Network);
        if (network == SandboxNetwork.Isolated || sandbox is not (Sandbox.Qemu or Sandbox.Firecracker))
        {
            return network;
        }

        values.AddFault(AgentKeys.Network, $"it asks for a network, and microVMs have none yet: leave it out, or choose another {AgentKeys.Sandbox.Path} than {sandbox.ToString().ToLowerInvariant()}.");
        return SandboxNetwork.Isolated;
    }

    /// <summary>
    /// What is written decides, never what the host has: a sandbox that cannot be made fails the start. Files of the original name none, and mean
    /// Firecracker where they describe machines.
    /// </summary>
    private static Sandbox ChooseSandbox(NodeConfiguration configuration, ConfigurationValues values)
    {
        bool isNamed = configuration.TryGet(AgentKeys.Sandbox, out Sandbox named);
        if (configuration.Get(AgentKeys.NoSandbox) && !(isNamed && configuration.LevelOf(AgentKeys.Sandbox) > configuration.LevelOf(AgentKeys.NoSandbox)))
        {
            bool contradicts = isNamed && named != Sandbox.None && configuration.LevelOf(AgentKeys.Sandbox) == configuration.LevelOf(AgentKeys.NoSandbox);
            if (contradicts)
            {
                values.AddFault(AgentKeys.NoSandbox, $"it is true, and {AgentKeys.Sandbox.Path} names another sandbox than none: leave one of the two out.");
            }

            return Sandbox.None;
        }

        if (isNamed)
        {
            return named;
        }

        ConfigurationKey? machines = ConfigurationKeys.All.FirstOrDefault(key => key.IsOfMachines && configuration.IsSet(key));
        if (machines is null)
        {
            return Sandbox.Namespaces;
        }

        values.AddWarning(
            $"{AgentKeys.Sandbox.Path} is not set. Because {machines.Path} describes microVMs, it is firecracker. To say otherwise, set it to qemu, namespaces or none.");
        return Sandbox.Firecracker;
    }
}
