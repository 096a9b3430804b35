using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>Starts each agent in a microVM of QEMU, as a clone of a template, or booted where templates are not wanted.</summary>
internal sealed partial class QemuLauncher(ProcessManagerOptions options, TimeProvider time, ILogger logger) : ILauncher
{
    private RunDirectory? _directory;
    private QemuMachines? _machines;
    private TemplateSource? _templates;

    public string Sandbox => "qemu";

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        QemuHost host = await QemuHost.FindAsync(options, time, cancellationToken).ConfigureAwait(false);
        LogAccelerator(logger, host.Version, host.Accelerator.Name);
        _machines = QemuMachines.Open(host, options, time);
        _directory = RunDirectory.Open(options.RunDirectory, left => LogLeftovers(logger, left.Instances, left.Processes));
        if (options.MicroVm.UseTemplates)
        {
            var builder = new QemuTemplateBuilder(_machines, options, time, logger);
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
            QemuVm vm = await StartAsync(agentId, diagnostics, cancellationToken).ConfigureAwait(false);
            return new QemuAgent(vm, directory, options.DefaultPidsLimit);
        }
        catch (Exception failure)
        {
            if (directory is not null)
            {
                runDirectory.Discard(directory);
            }

            throw failure is IOException or UnauthorizedAccessException
                ? new AgentStartException(AgentStartFailure.NotStarted, $"The machine of agent {agentId} could not be started: {failure.Message}", failure)
                : failure;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_templates is not null)
        {
            await _templates.DisposeAsync().ConfigureAwait(false);
        }

        _machines?.Dispose();
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

    private async Task<QemuVm> StartAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        if (_templates is null)
        {
            return await _machines!.BootAsync(agentId, diagnostics, memory: null, cancellationToken).ConfigureAwait(false);
        }

        Template template = await _templates.GetAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _machines!.CloneAsync(agentId, template, diagnostics, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException failure) when (failure.Failure is QmpFailure.Refused or QmpFailure.Closed)
        {
            _templates.Discard(template);
            throw;
        }
    }

    [LoggerMessage(210, LogLevel.Information, "MicroVMs are run by {Version} with {Accelerator}")]
    private static partial void LogAccelerator(ILogger logger, string version, string accelerator);

    [LoggerMessage(216, LogLevel.Warning, "Removed what {Instances} managers left behind that ended without stopping; {Processes} of their processes still ran")]
    private static partial void LogLeftovers(ILogger logger, int instances, int processes);
}
