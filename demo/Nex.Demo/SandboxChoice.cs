using Nex.Demo.Display;
using Nex.Demo.Host;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Demo;

/// <summary>The sandbox that the demo uses, and why that one.</summary>
internal sealed record SandboxChoice(ProcessManagerOptions Options, IReadOnlyList<string> Reasons)
{
    private const int PoolSize = 4;

    private static readonly ProcessManagerOptions Namespaces = new()
    {
        PoolSize = PoolSize,
        Sandbox = Sandbox.Namespaces,
        Network = SandboxNetwork.Host,
    };

    /// <summary>How long one act may take: what runs in an emulated machine takes its time.</summary>
    internal TimeSpan ActTimeout => Options.Sandbox == Sandbox.Qemu ? TimeSpan.FromMinutes(4) : TimeSpan.FromMinutes(1);

    /// <param name="wanted">The user's choice, or null for the strongest that the host can make without a guest image.</param>
    /// <exception cref="RequirementException">The host cannot make the one that the user wants.</exception>
    internal static async Task<SandboxChoice> MakeAsync(Sandbox? wanted, CancellationToken cancellationToken)
    {
        if (wanted == Sandbox.None)
        {
            return Unsandboxed("It was asked for: without --sandbox none the demo uses namespaces where the host has them.");
        }

        if (wanted == Sandbox.Qemu)
        {
            return await MachinesAsync(cancellationToken);
        }

        string? missing = await ProcessManagerFactory.ProbeAsync(Namespaces, cancellationToken);
        return (missing, wanted) switch
        {
            (null, _) => new SandboxChoice(Namespaces, [
                "sandbox: namespaces, the strongest that shares the kernel of the host; --sandbox qemu shows microVMs",
                "network: the host's, because the demo fetches a page from a workload; isolated is the default",
            ]),
            (_, null) => Unsandboxed(missing),
            _ => throw new RequirementException(missing),
        };
    }

    internal void Tell(IDisplay display)
    {
        foreach (string reason in Reasons)
        {
            display.Line(reason);
        }
    }

    private static SandboxChoice Unsandboxed(string reason) => new(
        Namespaces with { Sandbox = Sandbox.None },
        ["sandbox: none, so that workloads are plain processes of this user; namespaces and microVMs would keep them apart", reason]);

    private static async Task<SandboxChoice> MachinesAsync(CancellationToken cancellationToken)
    {
        ProcessManagerOptions options = GuestFiles.Find(new ProcessManagerOptions { PoolSize = PoolSize, Sandbox = Sandbox.Qemu });
        return await ProcessManagerFactory.ProbeAsync(options, cancellationToken) is { } missing
            ? throw new RequirementException(missing)
            : new SandboxChoice(options, [
                $"sandbox: microVMs of QEMU, each with a kernel of its own, {options.MicroVm.MemoryMiB} MiB and no network",
                "the first is booted, and written down as a template; all others are clones of it",
            ]);
    }
}
