using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>What a test is asked, or told, while agents live.</summary>
internal sealed record Hooks
{
    /// <summary>Every step of an agent; see <see cref="HookedLauncher"/>.</summary>
    internal Func<AgentStep, Task<bool>> OnStep { get; init; } = _ => Task.FromResult(true);

    /// <summary>Every step of a machine.</summary>
    internal MachineStep? OnMachineStep { get; init; }

    internal TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The process manager over the launcher of a sandbox, with a test that is asked at every step.</summary>
internal sealed class HookedManager(RealManager host, Hooks hooks) : PooledProcessManager(
    host.Options, new HookedLauncher(LauncherOf(host, hooks), hooks.OnStep), hooks.Time, host.Log)
{
    private static ILauncher LauncherOf(RealManager host, Hooks hooks) => host.Options.Sandbox switch
    {
        Sandbox.Firecracker => new FirecrackerLauncher(host.Options, hooks.Time, host.Log) { OnStep = hooks.OnMachineStep },
        Sandbox.Qemu => new QemuLauncher(host.Options, hooks.Time, host.Log) { OnStep = hooks.OnMachineStep },
        _ => new SpawnLauncher(host.Options, host.Log),
    };
}
