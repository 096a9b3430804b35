using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager;

/// <summary>Makes the process manager for a sandbox.</summary>
public static class ProcessManagerFactory
{
    /// <summary>Makes the manager that the options ask for; nothing runs before it is started.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults; all are listed.</exception>
    public static IProcessManager Create(ProcessManagerOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        loggerFactory ??= NullLoggerFactory.Instance;
        return options.Sandbox switch
        {
            Sandbox.Qemu => new QemuProcessManager(options, loggerFactory.CreateLogger<QemuProcessManager>(), timeProvider),
            Sandbox.Firecracker => new FirecrackerProcessManager(options, loggerFactory.CreateLogger<FirecrackerProcessManager>(), timeProvider),
            _ => new SpawningProcessManager(options, loggerFactory.CreateLogger<SpawningProcessManager>(), timeProvider),
        };
    }

    /// <summary>Finds out whether this host can make a sandbox, by making one, and for microVMs by looking for what they need.</summary>
    /// <returns>Null when it can, or a sentence that says what is missing and how to get it.</returns>
    public static async Task<string?> ProbeAsync(ProcessManagerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            if (options.Sandbox == Sandbox.Namespaces)
            {
                await Bubblewrap.OpenAsync(options, agentPath: null, cancellationToken).ConfigureAwait(false);
            }
            else if (options.Sandbox == Sandbox.Qemu)
            {
                await QemuHost.FindAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            else if (options.Sandbox == Sandbox.Firecracker)
            {
                await FirecrackerHost.FindAsync(options, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (ProcessManagerException failure)
        {
            return failure.Message;
        }
    }
}
