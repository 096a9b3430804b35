using Nex.Node.Configuration;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Node.Preflight;

/// <summary>Finds out what a host has to run a node with. Changes nothing.</summary>
public static class HostPreflight
{
    /// <summary>Looks for everything, and tries the sandboxes out.</summary>
    /// <param name="needsServer">Whether the node has to start a nats-server itself.</param>
    public static async Task<PreflightReport> RunAsync(NodeConfiguration configuration, bool needsServer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        NodeSettings settings = configuration.Settings;
        PreflightCheck? acceleration = await HostChecks.AccelerationAsync(settings.Agents, cancellationToken).ConfigureAwait(false);
        PreflightCheck[] checks = [.. HostChecks.Run(settings, needsServer), .. acceleration is null ? [] : new[] { acceleration }];
        var sandboxes = new List<SandboxReport>();
        foreach (Sandbox sandbox in Enum.GetValues<Sandbox>())
        {
            string? reason = await ProcessManagerFactory.ProbeAsync(settings.Agents with { Sandbox = sandbox }, cancellationToken).ConfigureAwait(false)
                ?? Missing(checks, Word(sandbox));
            sandboxes.Add(new SandboxReport(Word(sandbox), reason is null, reason));
        }

        string configured = Word(settings.Agents.Sandbox);
        return new PreflightReport
        {
            Sandbox = configured,
            CanRun = sandboxes.Single(sandbox => sandbox.Sandbox == configured).IsAvailable && Missing(checks, "node") is null,
            Sandboxes = sandboxes,
            Checks = checks,
        };
    }

    private static string? Missing(PreflightCheck[] checks, string neededFor)
    {
        PreflightCheck[] missing = [.. checks.Where(check => !check.IsThere && !check.IsOptional && check.NeededFor.Contains(neededFor))];
        return missing.Length == 0 ? null : "missing: " + string.Join(", ", missing.Select(check => check.Name));
    }

    private static string Word(Sandbox sandbox) => sandbox.ToString().ToLowerInvariant();
}
