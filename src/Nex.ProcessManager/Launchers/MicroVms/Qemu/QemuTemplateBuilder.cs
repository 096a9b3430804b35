using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.Protocol.JsonRpc;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>Boots a machine to the point where its agent waits, and writes it down.</summary>
internal sealed class QemuTemplateBuilder(QemuMachines machines, ProcessManagerOptions options, TimeProvider time, ILogger logger)
{
    private const string Name = "template";

    /// <exception cref="AgentStartException">The guest does not come up; the message has the end of what it wrote.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    internal async Task<Template> BuildAsync(CancellationToken cancellationToken)
    {
        SafeFileHandle memory = MemoryFile.Create("nex-template-memory");
        SafeFileHandle state = MemoryFile.Create("nex-template-state");
        var diagnostics = new AgentDiagnostics(logger, Name);
        using var deadline = new CancellationTokenSource(options.MicroVm.BootTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            RandomAccess.SetLength(memory, options.MicroVm.MemoryMiB * 1024L * 1024);
            QemuVm vm = await machines.BootAsync(Name, diagnostics, memory, either.Token).ConfigureAwait(false);
            await vm.UseAsync(() => WriteDownAsync(vm, state, either.Token)).ConfigureAwait(false);
            await vm.DisposeAsync().ConfigureAwait(false);
            // Nobody has it mapped for writing any more.
            MemoryFile.Seal(memory);
            MemoryFile.Seal(state);
            return new Template(memory, state);
        }
        catch (Exception failure)
        {
            memory.Dispose();
            state.Dispose();
            throw failure switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested => Failure(AgentStartFailure.StartTimeout, $"it did not come up within {options.MicroVm.BootTimeout.TotalSeconds:0.###} s", diagnostics, failure),
                MachineEndedException ended => Failure(ended.Failure, "it ended before its agent was up", diagnostics, failure),
                IOException => Failure(AgentStartFailure.NotStarted, failure.Message.TrimEnd('.'), diagnostics, failure),
                _ => failure,
            };
        }
    }

    private static async Task WriteDownAsync(QemuVm vm, SafeFileHandle state, CancellationToken cancellationToken)
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
            // A machine whose link has ended is ending.
            throw new MachineEndedException("Its link ended.", await vm.Exited.WaitAsync(cancellationToken).ConfigureAwait(false));
        }

        await vm.WriteStateAsync(state, cancellationToken).ConfigureAwait(false);
    }

    private static AgentStartException Failure(AgentStartFailure failure, string what, AgentDiagnostics diagnostics, Exception? inner) =>
        new(failure, $"The template of the microVMs could not be made: {what}.{diagnostics.Excerpt}", inner);
}
