using Microsoft.Extensions.Logging;
using Nex.Firecracker;
using Nex.Firecracker.Recording;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>Starts each agent in a microVM of Firecracker, as a clone of a template, or booted where templates are not wanted.</summary>
internal sealed partial class FirecrackerLauncher(ProcessManagerOptions options, TimeProvider time, ILogger logger) : ILauncher
{
    /// <summary>Names a file that gets every call of Firecracker's API, and what it answered.</summary>
    private const string RecordVariable = "NEX_FIRECRACKER_RECORD";

    private readonly Stack<IDisposable> _opened = new();
    private RunDirectory? _directory;
    private FirecrackerMachines? _machines;
    private TemplateSource? _templates;

    public string Sandbox => "firecracker";

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        FirecrackerHost host = await FirecrackerHost.FindAsync(options, cancellationToken).ConfigureAwait(false);
        LogVersion(logger, host.Version, host.JailerPath is null ? "without a jailer" : "each in a jail");
        WarnOfCni();
        BootFiles files = Opened(BootFiles.Open(options.MicroVm, asOther: options.MicroVm.Jailer is null && options.MachineUserId is not null));
        _directory = RunDirectory.Open(options.RunDirectory, left => LogLeftovers(logger, left.Instances, left.Processes));
        VmmHomes homes = Opened<VmmHomes>(options.MicroVm.Jailer is { } jailer
            ? new JailedHomes(host, jailer, _directory.Instance, files)
            : new OpenHomes(host, files, options.MachineUserId));
        var settings = new VmmSettings { Time = time, Recorder = OpenRecorder() };
        _machines = new FirecrackerMachines(host, options, files, homes, settings);
        if (options.MicroVm.UseTemplates)
        {
            var builder = new FirecrackerTemplateBuilder(_machines, _directory, options, time, logger);
            _templates = new TemplateSource(_machines.Key, new TemplateStore(options.MicroVm.TemplateDirectory, time, logger), builder.BuildAsync, logger);
            await MakeTemplateAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void CheckLimits(WorkloadLimits limits) => MachineLimits.Check(limits, options.MicroVm);

    public async Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        RunDirectory runDirectory = _directory ?? throw new InvalidOperationException("The launcher has not been opened.");
        AgentDirectory? directory = null;
        try
        {
            directory = runDirectory.CreateAgent(agentId);
            FirecrackerVm vm = await StartAsync(directory, diagnostics, cancellationToken).ConfigureAwait(false);
            await vm.CloseSocketsAsync().ConfigureAwait(false);
            return new FirecrackerAgent(vm, directory, options.DefaultPidsLimit);
        }
        catch (Exception failure)
        {
            if (directory is not null)
            {
                runDirectory.Discard(directory);
            }

            throw failure is IOException or UnauthorizedAccessException or FirecrackerException
                ? new AgentStartException(AgentStartFailure.NotStarted, $"The machine of agent {agentId} could not be started: {failure.Message}{diagnostics.Excerpt}", failure)
                : failure;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_templates is not null)
        {
            await _templates.DisposeAsync().ConfigureAwait(false);
        }

        while (_opened.TryPop(out IDisposable? opened))
        {
            opened.Dispose();
        }

        _directory?.Remove();
    }

    private async Task MakeTemplateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _templates!.GetAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (AgentStartException failure)
        {
            // Where the template does not come up, no machine would.
            throw new ProcessManagerException(ProcessManagerError.StartFailed, failure.Message, failure);
        }
    }

    private async Task<FirecrackerVm> StartAsync(AgentDirectory directory, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        if (_templates is null)
        {
            return await _machines!.BootAsync(directory, diagnostics, template: null, cancellationToken).ConfigureAwait(false);
        }

        Template template = await _templates.GetAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _machines!.CloneAsync(directory, diagnostics, template, cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenTemplateException)
        {
            _templates.Discard(template);
            throw;
        }
    }

    private JsonLinesRecorder? OpenRecorder()
    {
        string? path = Environment.GetEnvironmentVariable(RecordVariable);
        if (string.IsNullOrEmpty(path))
        {
            return null;
        }

        try
        {
            return Opened(new JsonLinesRecorder(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed, $"Calls of Firecracker cannot be recorded in {path}: {failure.Message.TrimEnd('.')}. Set {RecordVariable} to a file that can be written, or to none.", failure);
        }
    }

    private T Opened<T>(T opened)
        where T : IDisposable
    {
        _opened.Push(opened);
        return opened;
    }

    private void WarnOfCni()
    {
        if (options.MicroVm.Cni is { } cni)
        {
            LogNoNetwork(logger, cni.NetworkName, cni.InterfaceName, cni.Subnet);
        }
    }

    [LoggerMessage(220, LogLevel.Information, "MicroVMs are run by {Version}, {Jail}")]
    private static partial void LogVersion(ILogger logger, string version, string jail);

    [LoggerMessage(221, LogLevel.Warning, "Removed what {Instances} managers left behind that ended without stopping; {Processes} of their processes still ran")]
    private static partial void LogLeftovers(ILogger logger, int instances, int processes);

    [LoggerMessage(222, LogLevel.Warning, "The network {Name} of the option Cni (interface {Interface}, subnet {Subnet}) is not made: microVMs have no network yet")]
    private static partial void LogNoNetwork(ILogger logger, string? name, string? @interface, string? subnet);
}
