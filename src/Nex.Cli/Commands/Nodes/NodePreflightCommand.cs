using System.CommandLine;
using System.Text.Json;
using Nex.Cli.Options;
using Nex.GuestImages;
using Nex.Node.Configuration;
using Nex.Node.Preflight;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node preflight`: says what this host has to run a node with, and gets what is missing.</summary>
internal sealed class NodePreflightCommand : NexCommand
{
    private readonly NodeOptionsGroup _node = new();

    private readonly Option<bool> _install = new("--install", "--force")
    {
        Description = "Install what is missing with apt-get, and make the kernel and the image of microVMs. Asks nothing, and needs root",
    };

    internal NodePreflightCommand(GlobalOptions globals)
        : base("preflight", "Say for each sandbox what is there, what is missing and how to get it", globals)
    {
        Options.Add(_install);
        foreach (Option option in _node.Options)
        {
            Options.Add(option);
        }

        Examples =
        [
            ("nex node preflight --sandbox qemu", "whether microVMs can run here"),
            ("sudo nex node preflight --install", "get what is missing"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        try
        {
            NodeConfiguration configuration = _node.Load(run.Parsed);
            NodeSettings settings = configuration.Settings;
            bool needsServer = settings.PublicServer is not null || (!Globals.Nats.ReadGiven(run.Parsed).NamesSystem && settings.Nats is null);
            PreflightReport report = await HostPreflight.RunAsync(configuration, needsServer, cancellation).ConfigureAwait(false);
            if (run.Parsed.GetValue(_install) && await InstallAsync(settings, report, run.Errors, cancellation).ConfigureAwait(false))
            {
                report = await HostPreflight.RunAsync(configuration, needsServer, cancellation).ConfigureAwait(false);
            }

            await WriteAsync(report, run.Output, run.IsJson).ConfigureAwait(false);
            return report.CanRun ? ExitCodes.Done : ExitCodes.Failed;
        }
        catch (NodeConfigurationException failure)
        {
            return ConfigurationFaults.Say(run, failure);
        }
    }

    /// <returns>Whether something was done.</returns>
    private static async Task<bool> InstallAsync(NodeSettings settings, PreflightReport report, TextWriter errors, CancellationToken cancellation)
    {
        string[] packages = [.. report.Checks.Where(check => !check.IsThere).Select(check => check.Package).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        if (packages.Length > 0)
        {
            string? failure = await AptPackages.InstallAsync(packages, cancellation).ConfigureAwait(false);
            await errors.WriteLineAsync(failure is null ? $"installed {string.Join(", ", packages)}" : $"nex: not installed: {failure}").ConfigureAwait(false);
        }

        string resources = Path.GetDirectoryName(settings.Agents.MicroVm.InitramfsPath)!;
        bool lacksGuest = ((string[])["vmlinux", "vmlinuz", "initramfs"]).Any(name => !File.Exists(Path.Combine(resources, name)));
        if (lacksGuest)
        {
            await MakeGuestAsync(resources, settings.Agents.AgentPath, errors, cancellation).ConfigureAwait(false);
        }

        return lacksGuest || packages.Length > 0;
    }

    private static async Task MakeGuestAsync(string resources, string agent, TextWriter errors, CancellationToken cancellation)
    {
        try
        {
            foreach (string made in await GuestInstallation.MakeAsync(resources, agent, cancellation).ConfigureAwait(false))
            {
                await errors.WriteLineAsync($"made {made}").ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is GuestImageException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"nex: the kernel and the image of microVMs were not made: {failure.Message}").ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(PreflightReport report, TextWriter output, bool asJson)
    {
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(report, PreflightJsonContext.Default.PreflightReport)).ConfigureAwait(false);
            return;
        }

        int width = report.Checks.Max(check => check.Name.Length);
        foreach (PreflightCheck check in report.Checks)
        {
            string mark = check.IsThere ? "ok     " : check.IsOptional ? "absent " : "MISSING";
            string remedy = check.Remedy is null ? "" : $" — {check.Remedy}";
            await output.WriteLineAsync($"{mark}  {check.Name.PadRight(width)}  {check.Found}{remedy}  [{string.Join(", ", check.NeededFor)}]").ConfigureAwait(false);
        }

        await output.WriteLineAsync().ConfigureAwait(false);
        foreach (SandboxReport sandbox in report.Sandboxes)
        {
            await output.WriteLineAsync($"sandbox {sandbox.Sandbox}: {(sandbox.IsAvailable ? "available" : $"not available ({sandbox.Reason})")}").ConfigureAwait(false);
        }

        await output.WriteLineAsync(report.CanRun ? $"A node with the sandbox {report.Sandbox} can run here." : $"A node with the sandbox {report.Sandbox} cannot run here yet.").ConfigureAwait(false);
    }
}
