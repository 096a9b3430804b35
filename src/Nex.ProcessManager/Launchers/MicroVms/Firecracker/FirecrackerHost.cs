using System.Text.RegularExpressions;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>What this host has to run machines with Firecracker.</summary>
internal sealed partial record FirecrackerHost
{
    private const string KvmDevice = "/dev/kvm";
    private const string KvmGroup = "kvm";

    /// <summary>The first that gives each clone a socket of its own.</summary>
    private static readonly Version OldestVersion = new(1, 16);

    /// <summary>No symbolic link.</summary>
    internal required string FirecrackerPath { get; init; }

    /// <summary>Of <c>util-linux</c>: gives up root, and has Firecracker end with the node.</summary>
    internal required string SetprivPath { get; init; }

    /// <summary>Null where no jailer is wanted.</summary>
    internal string? JailerPath { get; init; }

    /// <summary>As Firecracker says it.</summary>
    internal required string Version { get; init; }

    /// <exception cref="ProcessManagerException">Something is missing; the message says what, and how to get it.</exception>
    internal static async Task<FirecrackerHost> FindAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        const string releases = "Take it from the releases of github.com/firecracker-microvm/firecracker";
        string firecracker = Find(options.FirecrackerPath, $"{releases}, and put it into PATH or name it with the option FirecrackerPath.");
        string setpriv = Find("setpriv", "On Debian: apt-get install util-linux.");
        string? jailer = options.Jailer is null ? null : FindJailer(options.Jailer, firecracker, releases);
        string version = await FindVersionAsync(firecracker, cancellationToken).ConfigureAwait(false);
        if (options.RequireKvm)
        {
            CheckKvm();
        }

        return new FirecrackerHost { FirecrackerPath = firecracker, SetprivPath = setpriv, JailerPath = jailer, Version = version };
    }

    /// <summary>
    /// The beginning of a command line whose program runs without a way to more rights, as a user where this process may change it, and ends
    /// with the thread that starts it. The signal is set behind the change of user, which would clear it.
    /// </summary>
    internal IReadOnlyList<string> GiveUpPrivileges(uint? userId)
    {
        string[] user = userId is { } id ? ["--reuid", $"{id}", "--regid", $"{id}", .. Groups()] : [];
        return [SetprivPath, "--no-new-privs", "--pdeathsig", "KILL", .. user, "--"];
    }

    /// <summary>Those that may use KVM have a group, mostly.</summary>
    private static string[] Groups() =>
        File.Exists(KvmDevice) && File.ReadLines("/etc/group").Any(line => line.StartsWith(KvmGroup + ":", StringComparison.Ordinal))
            ? ["--groups", KvmGroup]
            : ["--clear-groups"];

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
            throw Unavailable($"{firecracker} cannot be executed: {failure.Message}. Set the option FirecrackerPath to one for this machine.", failure);
        }
    }

    private static void CheckKvm()
    {
        try
        {
            File.OpenHandle(KvmDevice, FileMode.Open, FileAccess.ReadWrite).Dispose();
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unavailable($"Firecracker needs KVM, and this host has no {KvmDevice}: load the module kvm_intel or kvm_amd, allow nested virtualisation where this host is a machine itself, or choose the sandbox Qemu.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable($"Firecracker needs KVM, and {KvmDevice} cannot be used ({failure.Message}): add the node's user to the group {KvmGroup}, or run the node as root.", failure);
        }
    }

    private static ProcessManagerException Unavailable(string message, Exception? inner = null) =>
        new(ProcessManagerError.SandboxUnavailable, message, inner);

    [GeneratedRegex(@"Firecracker v(?<number>[0-9]{1,5}\.[0-9]{1,5}(\.[0-9]{1,5})?)[^\s]*")]
    private static partial Regex VersionPattern();
}
