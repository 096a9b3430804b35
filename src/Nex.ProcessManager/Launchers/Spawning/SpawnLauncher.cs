using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>
/// Starts agents as child processes, plain or inside bubblewrap. An agent inherits one end of a socket pair as its link: there is no socket
/// that somebody else could connect to, and no other agent that could speak on it.
/// </summary>
internal sealed partial class SpawnLauncher(ProcessManagerOptions options, ILogger logger) : ILauncher
{
    private RunDirectory? _directory;
    private CgroupTree? _cgroups;
    private Bubblewrap? _bubblewrap;
    private string _agentPath = options.AgentPath;

    /// <summary>What takes the place of the cgroup of this process, for tests; null for that.</summary>
    internal string? OwnCgroup { get; init; }

    public string Sandbox => options.Sandbox == Configuration.Sandbox.None ? "none" : "namespaces";

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        CheckAgent();
        _directory = RunDirectory.Open(options.RunDirectory, left => LogLeftovers(logger, left.Instances, left.Processes));
        _agentPath = await _directory.InstallAgentAsync(options.AgentPath, cancellationToken).ConfigureAwait(false);
        _cgroups = CgroupTree.Open(options.CgroupParent, OwnCgroup, _directory.Instance, reason => LogNoCgroups(logger, reason));
        if (options.Sandbox == Configuration.Sandbox.None)
        {
            LogUnsandboxed(logger);
        }
        else
        {
            _bubblewrap = await Bubblewrap.OpenAsync(options, _agentPath, cancellationToken).ConfigureAwait(false);
        }
    }

    public void CheckLimits(WorkloadLimits limits)
    {
        // Inside namespaces, processes are counted without a cgroup.
        WorkloadLimits byCgroup = _bubblewrap is null ? limits : limits with { Pids = null };
        string[] missing = [.. AgentCgroup.Needed(byCgroup).Where(controller => _cgroups?.Controllers.Contains(controller) != true)];
        if (missing.Length > 0)
        {
            throw new ProcessManagerException(
                ProcessManagerError.LimitsUnavailable,
                $"This host cannot limit {string.Join(" and ", missing)}: that needs cgroup version 2 with these controllers, delegated to the node (with systemd: Delegate=yes). Ask for no such limit, or choose another node.");
        }
    }

    public async Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        RunDirectory runDirectory = _directory ?? throw new InvalidOperationException("The launcher has not been opened.");
        cancellationToken.ThrowIfCancellationRequested();
        var undo = new Stack<IDisposable>();
        try
        {
            AgentDirectory directory = runDirectory.CreateAgent(agentId);
            undo.Push(new Undo(() => runDirectory.Discard(directory)));
            (SafeFileHandle link, SafeFileHandle theirLink) = SocketPair.Create();
            undo.Push(link);
            (SafeFileHandle outputSocket, SafeFileHandle theirOutput) = SocketPair.Create();
            undo.Push(outputSocket);
            using (theirLink)
            using (theirOutput)
            {
                SupervisedChild child = await StartAsync(Command(agentId, directory), theirLink, theirOutput, cancellationToken).ConfigureAwait(false);
                undo.Push(new Undo(() => child.TrySignal(Signals.Kill)));
                return new SpawnedAgent(child, directory, new UnixSocketLink(link), new UnixSocketLink(outputSocket), diagnostics, _cgroups?.ForAgent(agentId), _bubblewrap is null, options);
            }
        }
        catch (Exception failure)
        {
            while (undo.TryPop(out IDisposable? step))
            {
                step.Dispose();
            }

            throw failure is IOException or UnauthorizedAccessException
                ? new AgentStartException(AgentStartFailure.NotStarted, $"The process of agent {agentId} could not be started: {failure.Message}", failure)
                : failure;
        }
    }

    public ValueTask DisposeAsync()
    {
        try
        {
            _cgroups?.Remove();
        }
        finally
        {
            _directory?.Remove();
        }

        return ValueTask.CompletedTask;
    }

    private async Task<SupervisedChild> StartAsync(
        AgentCommand command, SafeFileHandle link, SafeFileHandle output, CancellationToken cancellationToken)
    {
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using SafeFileHandle? filter = _bubblewrap?.OpenFilter();
        var process = new ChildProcess
        {
            Path = command.Path,
            Arguments = command.Arguments,
            Descriptors = filter is null ? [input, output, output, link] : [input, output, output, link, filter],
            OwnSession = true,
            CloseOtherDescriptors = true,
        };
        return await ChildSupervisor.StartAsync(process, cancellationToken).ConfigureAwait(false);
    }

    private AgentCommand Command(string agentId, AgentDirectory directory) =>
        _bubblewrap?.Command(_agentPath, agentId) ?? AgentCommand.Plain(_agentPath, agentId, directory.Work);

    private void CheckAgent()
    {
        if (!File.Exists(options.AgentPath))
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed,
                $"The agent {options.AgentPath} does not exist: put nex-agent there, or set the option AgentPath to where it is.");
        }

        if (!Executables.IsExecutable(options.AgentPath))
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed, $"The agent {options.AgentPath} is not executable: make it so with chmod +x.");
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "Agents run without a sandbox: workloads that are not trusted must not be run")]
    private static partial void LogUnsandboxed(ILogger logger);

    [LoggerMessage(201, LogLevel.Information, "Agents have no cgroups ({Reason}): limits of memory and processors cannot be applied, and a process tree is killed by its session")]
    private static partial void LogNoCgroups(ILogger logger, string reason);

    [LoggerMessage(202, LogLevel.Warning, "Removed what {Instances} managers left behind that ended without stopping; {Processes} of their processes still ran")]
    private static partial void LogLeftovers(ILogger logger, int instances, int processes);

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
