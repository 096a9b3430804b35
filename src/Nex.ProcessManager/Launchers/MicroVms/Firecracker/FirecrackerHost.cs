using System.Text.RegularExpressions;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>What this host has to run machines with Firecracker.</summary>
internal sealed partial record FirecrackerHost
{
    /// <summary>The first that gives each clone a socket of its own.</summary>
    private static readonly Version OldestVersion = new(1, 16);

    /// <summary>
    /// A shell that becomes the program behind it once it is told so by a line. It comes through its output, which is a socket, since what may
    /// come through its input ends it.
    /// </summary>
    private static readonly string[] OnceTold = ["/bin/sh", "-c", "read -r line <&1 && exec \"$0\" \"$@\""];

    /// <summary>No symbolic link.</summary>
    internal required string FirecrackerPath { get; init; }

    /// <summary>
    /// The beginning of the command line of whatever runs a machine: who it is, that it ends with the thread that starts it, and that it waits for
    /// a line from who started it. A jailer stays who this process is, because it gives each machine a user of its own, and loses that signal
    /// with it.
    /// </summary>
    internal required IReadOnlyList<string> AsMachineUser { get; init; }

    /// <summary>Null where no jailer is wanted.</summary>
    internal string? JailerPath { get; init; }

    /// <summary>As Firecracker says it.</summary>
    internal required string Version { get; init; }

    /// <exception cref="ProcessManagerException">Something is missing; the message says what, and how to get it.</exception>
    internal static async Task<FirecrackerHost> FindAsync(ProcessManagerOptions managerOptions, CancellationToken cancellationToken)
    {
        MicroVmOptions options = managerOptions.MicroVm;
        const string releases = "Take it from the releases of github.com/firecracker-microvm/firecracker";
        string firecracker = Find(options.FirecrackerPath, $"{releases}, and put it into PATH or name it with the option FirecrackerPath.");
        string setpriv = Find("setpriv", "On Debian: apt-get install util-linux.");
        string? jailer = options.Jailer is null ? null : FindJailer(options.Jailer, firecracker, releases);
        string version = await FindVersionAsync(firecracker, cancellationToken).ConfigureAwait(false);
        uint? user = jailer is null ? managerOptions.MachineUserId : null;
        var kvm = KvmAccess.Of(user);
        return kvm.IsUsable || !options.RequireKvm
            ? new FirecrackerHost { FirecrackerPath = firecracker, JailerPath = jailer, Version = version, AsMachineUser = [.. MachineUser.Become(setpriv, user, kvm), .. OnceTold] }
            : throw Unavailable($"Firecracker needs KVM, and {kvm.Obstacle}: {kvm.Remedy}; or choose the sandbox Qemu, which emulates.");
    }

    private static string Find(string program, string remedy)
    {
        string? path = Path.IsPathFullyQualified(program) ? (Executables.IsExecutable(program) ? program : null) : Executables.Find(program);
        return path is null
            ? throw Unavailable($"MicroVMs of Firecracker need {program}, which is not there or not executable. {remedy}")
            : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
    }

    private static string FindJailer(JailerOptions options, string firecracker, string releases)
    {
        if (ProcessControl.EffectiveUserId != 0)
        {
            throw Unavailable("The jailer of Firecracker needs root: run the node as root, or leave the option Jailer out.");
        }

        return Path.GetFileName(firecracker).Contains("firecracker", StringComparison.Ordinal)
            ? Find(options.Path, $"{releases}, and put it into PATH or name it with the option Jailer.Path.")
            : throw Unavailable($"The jailer starts no program without 'firecracker' in its name, as {firecracker} is: rename it.");
    }

    private static async Task<string> FindVersionAsync(string firecracker, CancellationToken cancellationToken)
    {
        (ProcessExit exit, string output) = await RunAsync(firecracker, cancellationToken).ConfigureAwait(false);
        Match match = VersionPattern().Match(output);
        if (exit.Code != 0 || !match.Success)
        {
            throw Unavailable($"{firecracker} is no Firecracker that works ({exit}; it wrote: {output.Split('\n')[0].Trim()}): set the option FirecrackerPath to one.");
        }

        return System.Version.Parse(match.Groups["number"].Value) >= OldestVersion
            ? match.Value
            : throw Unavailable($"{firecracker} is {match.Value}, and clones of machines need version {OldestVersion} or newer: install a newer one.");
    }

    private static async Task<(ProcessExit Exit, string Output)> RunAsync(string firecracker, CancellationToken cancellationToken)
    {
        try
        {
            return await CommandRun.RunAsync(firecracker, ["--version"], cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            throw Unavailable($"{firecracker} cannot be executed: {failure.Message.TrimEnd('.')}. Set the option FirecrackerPath to one for this machine.", failure);
        }
    }

    private static ProcessManagerException Unavailable(string message, Exception? inner = null) =>
        new(ProcessManagerError.SandboxUnavailable, message, inner);

    [GeneratedRegex(@"Firecracker v(?<number>[0-9]{1,5}\.[0-9]{1,5}(\.[0-9]{1,5})?)[^\s]*")]
    private static partial Regex VersionPattern();
}
