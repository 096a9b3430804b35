using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>
/// The contract of a process manager, proved against a real launcher: real processes, real sandboxes, real machines. Every launcher passes
/// all of it. What is checked from the host, where a workload's processes are processes of the host, is checked through the workload's own
/// words, or through the end of the machine, where they are not.
/// </summary>
/// <remarks>After each test nothing may be left that this process has started.</remarks>
public abstract partial class ConformanceTests(Sandbox sandbox) : IAsyncLifetime
{
    private static readonly DeployRequest Any = new() { Name = "any" };
    private static readonly HashSet<Type> Prepared = [];

    private readonly HashSet<ProcessIdentity> _before = [.. ChildrenOfThisProcess()];

    /// <summary>Whether workloads run under a kernel of their own.</summary>
    private protected bool IsMachine => sandbox is not (Sandbox.None or Sandbox.Namespaces);

    /// <summary>The options of a launcher that needs no more than the name of its sandbox.</summary>
    private protected virtual ProcessManagerOptions Options => RealManager.OptionsOf(sandbox);

    /// <summary>Skips where the host cannot; has the template of machines made once, outside of the deadlines of the tests.</summary>
    public async ValueTask InitializeAsync()
    {
        await RealManager.SkipUnlessAvailableAsync(Options);
        if (IsMachine && Prepared.Add(GetType()))
        {
            await using RealManager host = RealManager.Create(Options);
            await host.Manager.StartAsync(host.Delegate).Within(Options.MicroVm.BootTimeout + Deadline.Length);
        }
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        AssertNoProcessIsLeft();
        return ValueTask.CompletedTask;
    }

    /// <summary>No process that this test has started, whatever it is.</summary>
    private protected void AssertNoProcessIsLeft() => Assert.Empty(ChildrenOfThisProcess().Except(_before));

    private protected Task<RealManager> StartAsync() => RealManager.StartAsync(Options);

    /// <summary>A manager with a full pool, whose launcher asks the test at every step.</summary>
    private protected static async Task<RealManager> StartHookedAsync(
        ProcessManagerOptions options, Func<RealManager, AgentStep, Task<bool>> onStep)
    {
        RealManager host = CreateHooked(options, onStep);
        await host.FillAsync();
        return host;
    }

    private protected static RealManager CreateHooked(ProcessManagerOptions options, Func<RealManager, AgentStep, Task<bool>> onStep) =>
        RealManager.Create(options, create: host => new HookedManager(host, new Hooks { OnStep = step => onStep(host, step) }));

    /// <summary>Ends the process of an agent from outside, as an administrator or the kernel does, and waits until it has ended.</summary>
    private protected static async Task KillAsync(RealManager host, string agentId)
    {
        ProcessIdentity process = host.ProcessOf(agentId);
        Assert.True(process.TryKill());
        await LiveProcesses.EndAsync(process);
    }

    private static IEnumerable<ProcessIdentity> ChildrenOfThisProcess() =>
        LiveProcesses.ChildrenOf(Environment.ProcessId).Select(process => process.Identity);
}
