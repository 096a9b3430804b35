using Nex.Demo.Display;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Demo;

/// <summary>The sandbox that the demo uses, and why that one.</summary>
internal sealed record SandboxChoice(ProcessManagerOptions Options, IReadOnlyList<string> Reasons)
{
    private const int PoolSize = 4;

    private static readonly ProcessManagerOptions Strongest = new()
    {
        PoolSize = PoolSize,
        Sandbox = Sandbox.Namespaces,
        Network = SandboxNetwork.Host,
    };

    /// <param name="wanted">The user's choice, or null for the strongest that the host can make.</param>
    /// <exception cref="RequirementException">The host cannot make the one that the user wants.</exception>
    internal static async Task<SandboxChoice> MakeAsync(Sandbox? wanted, CancellationToken cancellationToken)
    {
        if (wanted == Sandbox.None)
        {
            return Unsandboxed("It was asked for: without --sandbox none the demo uses namespaces where the host has them.");
        }

        string? missing = await ProcessManagerFactory.ProbeAsync(Strongest, cancellationToken);
        return (missing, wanted) switch
        {
            (null, _) => new SandboxChoice(Strongest, [
                "sandbox: namespaces, the strongest that Nex for .NET has",
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
        Strongest with { Sandbox = Sandbox.None },
        ["sandbox: none, so that workloads are plain processes of this user; the strongest would be namespaces", reason]);
}
