using Microsoft.Extensions.Logging;
using Nex.Firecracker;
using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.JsonRpc;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>Boots a machine to the point where its agent waits, and writes it down.</summary>
internal sealed class FirecrackerTemplateBuilder(
    FirecrackerMachines machines, RunDirectory runDirectory, ProcessManagerOptions options, TimeProvider time, ILogger logger)
{
    private const string Name = "template";

    /// <exception cref="AgentStartException">The guest does not come up; the message has the end of what it wrote.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    internal async Task<Template> BuildAsync(CancellationToken cancellationToken)
    {
        var template = new Template(MemoryFile.Create("nex-template-memory"), MemoryFile.Create("nex-template-state"));
        var diagnostics = new AgentDiagnostics(logger, Name);
        using var deadline = new CancellationTokenSource(options.MicroVm.BootTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await BuildAsync(template, diagnostics, either.Token).ConfigureAwait(false);
            // Nobody writes to them any more.
            MemoryFile.Seal(template.Memory);
            MemoryFile.Seal(template.State);
            return template;
        }
        catch (Exception failure)
        {
            template.Dispose();
            throw failure switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested => Failure(AgentStartFailure.StartTimeout, $"it did not come up within {options.MicroVm.BootTimeout.TotalSeconds:0.###} s", diagnostics, failure),
                MachineEndedException ended => Failure(ended.Failure, "it ended before its agent was up", diagnostics, failure),
                IOException or UnauthorizedAccessException or FirecrackerException => Failure(AgentStartFailure.NotStarted, failure.Message.TrimEnd('.'), diagnostics, failure),
                _ => failure,
            };
        }
    }

    private async Task BuildAsync(Template template, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        AgentDirectory directory = runDirectory.CreateAgent(Name);
        try
        {
            FirecrackerVm vm = await machines.BootAsync(directory, diagnostics, template, cancellationToken).ConfigureAwait(false);
            await vm.UseAsync(() => WriteDownAsync(vm, template, cancellationToken)).ConfigureAwait(false);
            await vm.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            RunDirectory.Remove(directory.Path);
        }
    }

    /// <summary>The link stays open until then: a machine that has heard of its end would be written down as one that ends.</summary>
    private static async Task WriteDownAsync(FirecrackerVm vm, Template template, CancellationToken cancellationToken)
    {
        var guest = new WaitingGuest();
        await using var peer = new JsonRpcPeer(vm.Link, guest, LinkLimits.ToNode);
        Task<LinkException> reading = Task.Run(peer.RunAsync, CancellationToken.None);
        Task first = await Task.WhenAny(guest.Waiting, reading, vm.Exited).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (first == reading && await reading.ConfigureAwait(false) is { IsViolation: true } violation)
        {
            // Such a guest does not end by itself.
            throw violation;
        }

        if (first != guest.Waiting)
        {
            throw new MachineEndedException("The machine ended before its agent waited.", await vm.Exited.WaitAsync(cancellationToken).ConfigureAwait(false));
        }

        await vm.WriteAsync(template, cancellationToken).ConfigureAwait(false);
    }

    private static AgentStartException Failure(AgentStartFailure failure, string what, AgentDiagnostics diagnostics, Exception? inner) =>
        new(failure, $"The template of the microVMs could not be made: {what}.{diagnostics.Excerpt}", inner);
}
