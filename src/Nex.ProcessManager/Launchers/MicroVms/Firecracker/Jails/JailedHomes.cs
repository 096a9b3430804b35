using Nex.Firecracker.Api;
using Nex.Firecracker.Commands;
using Nex.Linux;
using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

/// <summary>Homes that the jailer makes.</summary>
internal sealed class JailedHomes : VmmHomes
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FirecrackerHost _host;
    private readonly JailerOptions _options;
    private readonly InstanceName _instance;
    private readonly UserIds _users;
    private readonly SharedFiles _files;
    private readonly string? _cgroups = FindCgroups();
    private int _lastJail;

    /// <summary>Removes what managers that are gone left, and copies what machines are booted from beside the jails.</summary>
    /// <exception cref="ProcessManagerException">The directory of the jails cannot be used.</exception>
    internal JailedHomes(FirecrackerHost host, JailerOptions options, InstanceName instance, BootFiles files)
    {
        _host = host;
        _options = options;
        _instance = instance;
        _users = new UserIds(options.UserIdBase, JailerOptions.MaxUsers);
        string directory = Path.Combine(options.ChrootBaseDirectory, Path.GetFileName(host.FirecrackerPath));
        try
        {
            Directory.CreateDirectory(directory, Passable);
            if (!ProgramFile.MayBeIn(directory))
            {
                throw new IOException("Its file system is mounted with noexec, and the jailer copies Firecracker there to execute it");
            }

            RemoveLeftovers(directory);
            _files = new SharedFiles(Path.Combine(directory, JailName.OfFiles(instance)), files);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProcessManagerException(
                ProcessManagerError.SandboxUnavailable,
                $"The directory of the jails {directory} cannot be used: {failure.Message.TrimEnd('.')}. Make room there, or choose another with the option Jailer.ChrootBaseDirectory.",
                failure);
        }
    }

    internal override VmmPaths Paths => Jail.Names;

    internal override VmmHome ForBoot(string name, string workDirectory, Template? template) => Create(source: null);

    internal override VmmHome ForClone(string name, string workDirectory, Template template) => Create(template);

    public override void Dispose() => _files.Dispose();

    private Jail Create(Template? source)
    {
        var command = new JailerCommand
        {
            Firecracker = new FirecrackerCommand
            {
                Id = JailName.OfJail(_instance, Interlocked.Increment(ref _lastJail)),
                ApiSocket = Jail.Names.ApiSocket,
                LogLevel = FirecrackerLogLevel.Error,
            },
            ExecFile = _host.FirecrackerPath,
            Uid = _users.Take(),
            Gid = _options.GroupId,
            ChrootBaseDirectory = _options.ChrootBaseDirectory,
            Cgroups = [.. _options.Cgroup],
            ParentCgroup = _options.ParentCgroup,
            NetworkNamespace = _options.NetworkNamespace,
        };
        return new Jail(_host, command, _files, source, OnGone);
    }

    private void OnGone(JailerCommand command)
    {
        if (_cgroups is not null && command.Cgroup is { } cgroup)
        {
            AgentCgroup.RemoveEmpty(Path.Combine(_cgroups, cgroup));
        }

        _users.Return(command.Uid);
    }

    /// <summary>Whoever was killed may have had another run directory: which process lived in a jail is told by the jail.</summary>
    private void RemoveLeftovers(string directory)
    {
        string parent = _options.ParentCgroup ?? Path.GetFileName(_host.FirecrackerPath);
        foreach (string left in Directory.EnumerateDirectories(directory))
        {
            if (JailName.InstanceOf(Path.GetFileName(left)) is not { IsAlive: false } instance)
            {
                continue;
            }

            if (instance.IsOfThisBoot && RunDirectory.Recorded(left) is { } process)
            {
                ProcessSession.Kill(process);
            }

            RunDirectory.Remove(left);
            if (_cgroups is not null)
            {
                AgentCgroup.RemoveEmpty(Path.Combine(_cgroups, parent, Path.GetFileName(left)));
            }
        }
    }

    /// <summary>Where the root of the version 2 hierarchy is mounted; null where it is not.</summary>
    private static string? FindCgroups()
    {
        const int root = 3, mountPoint = 4;
        return File.ReadLines("/proc/self/mountinfo")
            .Where(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .FirstOrDefault(fields => fields[root] == "/")?[mountPoint];
    }
}
