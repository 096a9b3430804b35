using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;

namespace Nex.ProcessManager;

/// <summary>A process manager that runs each agent in a microVM of QEMU (<see cref="Sandbox.Qemu"/>).</summary>
public sealed class QemuProcessManager : PooledProcessManager
{
    /// <summary>Makes a manager; nothing runs before it is started.</summary>
    /// <param name="options">How its agents run.</param>
    /// <param name="logger">Where it reports; nowhere by default.</param>
    /// <param name="timeProvider">Where all its time comes from; the system's by default.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults; all are listed.</exception>
    public QemuProcessManager(ProcessManagerOptions options, ILogger<QemuProcessManager>? logger = null, TimeProvider? timeProvider = null)
        : base(
            options,
            new QemuLauncher(options, timeProvider ?? TimeProvider.System, logger ?? NullLogger<QemuProcessManager>.Instance),
            timeProvider ?? TimeProvider.System,
            logger ?? NullLogger<QemuProcessManager>.Instance)
    {
    }
}
