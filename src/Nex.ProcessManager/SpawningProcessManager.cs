using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager;

/// <summary>
/// A process manager whose agents are child processes of this program, plain (<see cref="Sandbox.None"/>) or inside namespaces that
/// bubblewrap makes (<see cref="Sandbox.Namespaces"/>).
/// </summary>
public sealed class SpawningProcessManager : PooledProcessManager
{
    /// <summary>Makes a manager; nothing runs before it is started.</summary>
    /// <param name="options">How its agents run.</param>
    /// <param name="logger">Where it reports; nowhere by default.</param>
    /// <param name="timeProvider">Where all its time comes from; the system's by default.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults; all are listed.</exception>
    public SpawningProcessManager(ProcessManagerOptions options, ILogger<SpawningProcessManager>? logger = null, TimeProvider? timeProvider = null)
        : base(options, new SpawnLauncher(options, logger ?? NullLogger<SpawningProcessManager>.Instance), timeProvider ?? TimeProvider.System, logger ?? NullLogger<SpawningProcessManager>.Instance)
    {
    }
}
