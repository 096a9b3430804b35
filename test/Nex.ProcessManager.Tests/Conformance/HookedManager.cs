using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>The process manager over the launcher of a sandbox, with a test that is asked at every step.</summary>
internal sealed class HookedManager(RealManager host, Func<AgentStep, Task<bool>> onStep) : PooledProcessManager(
    host.Options, new HookedLauncher(LauncherOf(host), onStep), TimeProvider.System, host.Log)
{
    private static ILauncher LauncherOf(RealManager host) => host.Options.Sandbox switch
    {
        Sandbox.Firecracker => new FirecrackerLauncher(host.Options, TimeProvider.System, host.Log),
        Sandbox.Qemu => new QemuLauncher(host.Options, TimeProvider.System, host.Log),
        _ => new SpawnLauncher(host.Options, host.Log),
    };
}
