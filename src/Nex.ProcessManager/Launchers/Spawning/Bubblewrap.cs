using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning.SystemCalls;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>
/// The sandbox that bubblewrap makes of namespaces: the agent is process 1 of its own process namespace, sees a read-only system and two
/// small directories in memory, has no privileges and cannot gain any, and system calls that it does not need are refused.
/// </summary>
internal sealed class Bubblewrap
{
    private const string WorkDirectory = "/work";
    private const string AgentInside = "/nex-agent";
    private const string NamespacesRemedy =
        "Where user namespaces are forbidden, allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)";

    private const string ProcRemedy =
        "Something covers a part of /proc, in front of which the kernel lets no sandbox mount its own: run the node where nothing does (a service of systemd without ProtectKernelLogs, ProtectKernelTunables, ProtectProc and ProcSubset; a container without masked paths)";

    private const string FilterRemedy = "The kernel must be able to filter system calls (CONFIG_SECCOMP_FILTER)";

    private static readonly Version OldestVersion = new(0, 8, 0);
    private static readonly string[] SystemDirectories = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
    private static readonly string[] SystemFiles =
        ["/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/localtime", "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf"];

    private readonly byte[] _filter = SystemCallFilter.Compile(RuntimeInformation.ProcessArchitecture);
    private readonly ProcessManagerOptions _options;
    private readonly string _bubblewrap;
    private readonly string? _setpriv;

    private Bubblewrap(ProcessManagerOptions options, string bubblewrap, string? setpriv)
    {
        _options = options;
        _bubblewrap = bubblewrap;
        _setpriv = setpriv;
    }

    /// <summary>Finds the programs it needs, and tries them.</summary>
    /// <param name="agentPath">The agent that it will run; null where only the host is asked about.</param>
    /// <exception cref="ProcessManagerException">The host cannot make this sandbox; the message says what to do.</exception>
    internal static async Task<Bubblewrap> OpenAsync(ProcessManagerOptions options, string? agentPath, CancellationToken cancellationToken)
    {
        string bubblewrap = Executables.Find("bwrap")
            ?? throw Unavailable("bubblewrap is not installed: install the package bubblewrap (apt-get install bubblewrap)");
        string? setpriv = null;
        if (ProcessControl.EffectiveUserId == 0)
        {
            setpriv = Executables.Find("setpriv")
                ?? throw Unavailable("setpriv is not installed, which gives up the rights of root: install the package util-linux");
        }

        (ProcessExit _, string answer) = await RunAsync(bubblewrap, ["--version"], cancellationToken).ConfigureAwait(false);
        if (!Version.TryParse(answer.Split(' ').Last().Trim(), out Version? version) || version < OldestVersion)
        {
            throw Unavailable($"bubblewrap {OldestVersion} or newer is needed, and {bubblewrap} is '{answer.Trim()}'");
        }

        var sandbox = new Bubblewrap(options, bubblewrap, setpriv);
        await sandbox.TryOutAsync([], NamespacesRemedy, cancellationToken).ConfigureAwait(false);
        if (agentPath is not null)
        {
            string remedy = $"The user {(setpriv is null ? "of this process" : options.SandboxUserId)} must be able to reach {agentPath}: let others pass its parents (chmod o+x), or choose another RunDirectory";
            await sandbox.TryOutAsync(["--ro-bind", agentPath, AgentInside], remedy, cancellationToken).ConfigureAwait(false);
        }

        return sandbox;
    }

    internal AgentCommand Command(string agentPath, string agentId)
    {
        string[] agent = [AgentInside, "--id", agentId, "--link", AgentCommand.LinkDescriptor.ToString(), "--work", WorkDirectory];
        return Wrap(["--ro-bind", agentPath, AgentInside], AgentCommand.FilterDescriptor, agent);
    }

    /// <summary>The filter of system calls for one start, since bubblewrap reads it to its end. The caller closes it.</summary>
    internal SafeFileHandle OpenFilter()
    {
        SafeFileHandle file = MemoryFile.Create("nex-filter");
        RandomAccess.Write(file, _filter, fileOffset: 0);
        return file;
    }

    /// <summary>A sandbox that cannot be made is better found here, with its reason, than by every agent that is started.</summary>
    private async Task TryOutAsync(IReadOnlyList<string> mounts, string remedy, CancellationToken cancellationToken)
    {
        AgentCommand trial = Wrap(mounts, CommandRun.InheritedDescriptor, ["/usr/bin/true"]);
        using SafeFileHandle filter = OpenFilter();
        (ProcessExit exit, string output) = await RunAsync(trial.Path, [.. trial.Arguments.Skip(1)], cancellationToken, filter).ConfigureAwait(false);
        if (exit.Code != 0)
        {
            string whatToDo = output switch
            {
                _ when output.Contains("seccomp", StringComparison.OrdinalIgnoreCase) => FilterRemedy,
                _ when output.Contains("mount proc", StringComparison.Ordinal) => ProcRemedy,
                _ => remedy,
            };
            throw Unavailable($"bubblewrap ended with {exit}: {output.Trim()}. {whatToDo}");
        }
    }

    private static async Task<(ProcessExit Exit, string Output)> RunAsync(
        string path, IReadOnlyList<string> arguments, CancellationToken cancellationToken, SafeFileHandle? inherited = null)
    {
        try
        {
            (ProcessExit exit, string output) = await CommandRun.RunAsync(path, arguments, cancellationToken, inherited).ConfigureAwait(false);
            return exit == ProcessExit.Lost
                ? throw Unavailable("how a program ends cannot be known here, because this process was started with the signal SIGCHLD ignored: start it without that")
                : (exit, output);
        }
        catch (LinuxException failure)
        {
            throw Unavailable($"{path} cannot be run ({failure.Message})");
        }
    }

    private AgentCommand Wrap(IReadOnlyList<string> mounts, int filter, IReadOnlyList<string> program)
    {
        // The filter is applied last of all, when what it refuses has been done; who gives up root beforehand does not live under it.
        List<string> arguments =
        [
            .. GiveUpRoot(), _bubblewrap, .. Namespaces(), .. FileSystem(), .. mounts,
            "--remount-ro", "/", "--chdir", WorkDirectory, "--seccomp", filter.ToString(), "--", .. program,
        ];
        return new AgentCommand(_setpriv ?? _bubblewrap, arguments);
    }

    private string[] GiveUpRoot()
    {
        string user = _options.SandboxUserId.ToString();
        return _setpriv is null ? [] : [_setpriv, "--reuid", user, "--regid", user, "--clear-groups", "--"];
    }

    private string[] Namespaces()
    {
        string[] always =
        [
            "--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
            "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "nex", "--clearenv",
        ];
        return _options.Network == SandboxNetwork.Isolated ? [.. always, "--unshare-net"] : always;
    }

    private string[] FileSystem()
    {
        string size = _options.WorkspaceBytes.ToString();
        List<string> arguments = ["--ro-bind", "/usr", "/usr"];
        foreach (string directory in SystemDirectories)
        {
            // Where /bin and its like are links into /usr, they are links in the sandbox as well.
            var info = new DirectoryInfo(directory);
            arguments.AddRange(info.LinkTarget is { } target ? ["--symlink", target, directory] : ["--ro-bind-try", directory, directory]);
        }

        foreach (string file in SystemFiles)
        {
            arguments.AddRange(["--ro-bind-try", file, file]);
        }

        return [.. arguments, "--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", WorkDirectory];
    }

    private static ProcessManagerException Unavailable(string reason) =>
        new(ProcessManagerError.SandboxUnavailable, $"The sandbox 'namespaces' is not available on this host: {reason}.");
}
