using Nex.Bench.Harness;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Running;

/// <summary>A process manager by itself.</summary>
internal sealed class RunningPool : IAsyncDisposable
{
    internal RunningPool(IProcessManager manager, PoolWatch watch)
    {
        Manager = manager;
        Watch = watch;
    }

    internal IProcessManager Manager { get; }

    internal PoolWatch Watch { get; }

    /// <summary>Options of a manager that leaves nothing outside of the workspace.</summary>
    internal static ProcessManagerOptions Options(BenchContext context, Sandbox sandbox, int size) => new()
    {
        Sandbox = sandbox,
        PoolSize = size,
        RunDirectory = Path.Combine(context.Workspace.DirectoryPath, "run"),
        MicroVm = Machines.Options(context),
    };

    /// <summary>Starts one, and waits until it is full.</summary>
    internal static async Task<RunningPool> StartAsync(BenchContext context, ProcessManagerOptions options)
    {
        await RequireAsync(options);
        IProcessManager manager = ProcessManagerFactory.Create(options);
        var watch = new PoolWatch(manager, context.CancellationToken);
        try
        {
            await manager.StartAsync(watch, context.CancellationToken);
            await watch.QuietAsync();
            return new RunningPool(manager, watch);
        }
        catch
        {
            await manager.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="SkippedException">This host cannot make the sandbox.</exception>
    internal static async Task RequireAsync(ProcessManagerOptions options)
    {
        if (options.Sandbox == Sandbox.Qemu)
        {
            Machines.RequireFiles(options.MicroVm);
        }

        if (await ProcessManagerFactory.ProbeAsync(options) is { } missing)
        {
            throw new SkippedException(missing);
        }
    }

    public ValueTask DisposeAsync() => Manager.DisposeAsync();
}
