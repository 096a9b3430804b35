using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.RunDirectories;

/// <summary>
/// What one manager has on disk: <c>BASE/INSTANCE/</c> with its copy of the agent, and <c>BASE/INSTANCE/AGENT/</c> for each agent.
/// All of it is gone when the manager has stopped.
/// </summary>
internal sealed class RunDirectory
{
    private const string ProcessFile = "process";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>A child that is forked keeps what this process had open until it executes its program, which is a matter of milliseconds.</summary>
    private static readonly TimeSpan ForkTimeout = TimeSpan.FromSeconds(10);

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly ConcurrentQueue<string> _waste = new();
    private readonly SafeFileHandle _lock;

    private RunDirectory(string path, InstanceName instance, SafeFileHandle held)
    {
        DirectoryPath = path;
        Instance = instance;
        _lock = held;
    }

    internal string DirectoryPath { get; }

    internal InstanceName Instance { get; }

    /// <summary>Removes what managers that are gone left below the base directory, and makes the directory of a new one.</summary>
    /// <exception cref="ProcessManagerException">The base directory cannot be used.</exception>
    internal static RunDirectory Open(string baseDirectory, Action<Leftovers> onLeftovers)
    {
        // With a separator at its end, a link would be followed before anybody sees that it is one.
        baseDirectory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseDirectory));
        var instance = InstanceName.Create();
        string path = Path.Combine(baseDirectory, instance.ToString());
        try
        {
            MakeBase(baseDirectory);
            Leftovers leftovers = Leftovers.Remove(baseDirectory);
            if (leftovers.Instances > 0)
            {
                onLeftovers(leftovers);
            }

            return new RunDirectory(path, instance, Make(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(baseDirectory, $"{failure.Message.TrimEnd('.')}: choose another with the option RunDirectory", failure);
        }
    }

    /// <summary>Copies the agent here, where the user that sandboxes run as can reach it, and where an upgrade does not change it.</summary>
    /// <exception cref="ProcessManagerException">It cannot be read, there is no room for it, or the copy cannot be executed.</exception>
    internal async Task<string> InstallAgentAsync(string agentPath, CancellationToken cancellationToken)
    {
        if (!ProgramFile.MayBeIn(DirectoryPath))
        {
            throw Unusable(
                Path.GetDirectoryName(DirectoryPath)!, "its file system is mounted with noexec, and agents are executed there: choose another with the option RunDirectory", null);
        }

        string copy = Path.Combine(DirectoryPath, "nex-agent");
        try
        {
            ProgramFile.Copy(agentPath, copy, Passable | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            await Task.Run(() => ProgramFile.WaitUntilWritten(copy), CancellationToken.None)
                .WaitAsync(ForkTimeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return copy;
        }
        catch (TimeoutException failure)
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed,
                $"The copy {copy} of the agent cannot be executed: a process that this program has forked has had it open for writing for {ForkTimeout.TotalSeconds:0} s. Execute a program in what is forked, or end it, and start again.",
                failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed,
                $"The agent {agentPath} could not be copied to {DirectoryPath}: {failure.Message.TrimEnd('.')}. Make it readable, and see that there is room.",
                failure);
        }
    }

    /// <summary>Makes the directory of an agent, and in it the working directory for its workload.</summary>
    internal AgentDirectory CreateAgent(string agentId)
    {
        RemoveWaste();
        string path = Path.Combine(DirectoryPath, agentId);
        Directory.CreateDirectory(path, Private);
        var agent = new AgentDirectory(path, Path.Combine(path, "work"));
        try
        {
            Directory.CreateDirectory(agent.Work, Private);
            return agent;
        }
        catch
        {
            Discard(agent);
            throw;
        }
    }

    /// <summary>
    /// Removes the directory of an agent that was not launched. Where the host cannot, as when it is short of files, that is done before the next one is
    /// made: after a launch that failed there is a next one.
    /// </summary>
    internal void Discard(AgentDirectory agent)
    {
        _waste.Enqueue(agent.Path);
        RemoveWaste();
    }

    /// <summary>Writes down which process an agent is, for the manager that finds it when this one has been killed.</summary>
    internal static void Record(string directory, ProcessIdentity process) =>
        File.WriteAllText(Path.Combine(directory, ProcessFile), process.ToString());

    /// <returns>Null when none was written down, or not whole.</returns>
    internal static ProcessIdentity? Recorded(string directory)
    {
        try
        {
            string text = File.ReadAllText(Path.Combine(directory, ProcessFile));
            return ProcessIdentity.TryParse(text, out ProcessIdentity identity) ? identity : null;
        }
        catch (IOException failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes a directory with all that is in it, whatever modes a workload has given to what it made there.</summary>
    internal static void Remove(string directory)
    {
        while (Directory.Exists(directory))
        {
            try
            {
                Directory.Delete(directory, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Another manager removes the same: whatever of it is left has to be looked at again.
            }
            catch (UnauthorizedAccessException)
            {
                MakeAccessible(new DirectoryInfo(directory));
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    internal void Remove()
    {
        Remove(DirectoryPath);
        _lock.Dispose();
    }

    /// <summary>Whether nobody shows that he lives in a directory that <see cref="Open"/> has made.</summary>
    internal static bool IsDeserted(string path)
    {
        using SafeFileHandle directory = Descriptor.OpenReadOnly(path);
        return FileLock.TryTake(directory, path);
    }

    private void RemoveWaste()
    {
        while (_waste.TryDequeue(out string? path))
        {
            try
            {
                Remove(path);
            }
            catch (IOException)
            {
                _waste.Enqueue(path);
                return;
            }
        }
    }

    private static UnixFileMode Mode => ProcessControl.EffectiveUserId == 0 ? Passable : Private;

    /// <summary>
    /// In a directory for all, such as <c>/tmp</c>, somebody else may have been there first. What is ours nobody else can take away there.
    /// </summary>
    private static void MakeBase(string path)
    {
        bool isNew = !Directory.Exists(path);
        Directory.CreateDirectory(path, Mode);
        FileStatus status = FileStatus.Read(path);
        string? fault = status switch
        {
            { IsLink: true } => "it is a symbolic link, which others may have made: name the directory that it leads to",
            { OwnerId: var owner } when owner != ProcessControl.EffectiveUserId =>
                $"it belongs to user {owner}, and this process runs as user {ProcessControl.EffectiveUserId}: remove it, or choose another with the option RunDirectory",
            { Mode: var mode } when (mode & WritableByOthers) != 0 => "others can write to it: make it with mode 0700, or let the manager make it",
            _ => null,
        };
        if (fault is not null)
        {
            throw Unusable(path, fault, null);
        }

        if (isNew)
        {
            File.SetUnixFileMode(path, Mode);
        }
    }

    /// <summary>With exactly its mode, whatever the mask of this process would take away.</summary>
    /// <returns>What shows that this manager lives to those who cannot see its process, from the moment on at which the name is there.</returns>
    private static SafeFileHandle Make(string path)
    {
        string unnamed = path + ".new";
        Directory.CreateDirectory(unnamed, Mode);
        File.SetUnixFileMode(unnamed, Mode);
        SafeFileHandle directory = Descriptor.OpenReadOnly(unnamed);
        _ = FileLock.TryTake(directory, unnamed);
        Directory.Move(unnamed, path);
        return directory;
    }

    private static void MakeAccessible(DirectoryInfo directory)
    {
        directory.UnixFileMode = Private;
        foreach (DirectoryInfo child in directory.EnumerateDirectories().Where(child => child.LinkTarget is null))
        {
            MakeAccessible(child);
        }
    }

    private static ProcessManagerException Unusable(string path, string reason, Exception? inner) =>
        new(ProcessManagerError.SandboxUnavailable, $"The run directory {path} cannot be used: {reason}.", inner);
}

/// <summary>Where an agent has what is on disk for it.</summary>
/// <param name="Path">For the manager.</param>
/// <param name="Work">The working directory of its workload.</param>
internal sealed record AgentDirectory(string Path, string Work);
