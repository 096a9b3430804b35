using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>
/// One deploy, which Ctrl-C undoes. A node goes on with what it was asked for, whether anybody still waits or not: so its answer is waited for all the
/// same, and what has started is stopped.
/// </summary>
internal sealed class Deployment(CommandRun run, NexClient client, DeployOptions options, TimeProvider time)
{
    /// <summary>How long the end of a command may take after Ctrl-C. Less than what the process has for it.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    // For commands that people are told.
    private string InNamespace => options.Namespace == NexClient.DefaultNamespace ? "" : $" --namespace {options.Namespace}";

    /// <summary>Deploys.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, and what had started is stopped, or said to run.</exception>
    internal async Task<RunReply> StartAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using CancellationTokenRegistration interrupted = cancellation.Register(() =>
        {
            run.Say($"{options.NodeId} has been asked to deploy {options.Name}: waiting for its answer, to stop it");
            patience.CancelAfter(Patience);
        });
        try
        {
            RunReply reply = await client.DeployAsync(options, patience.Token).ConfigureAwait(false);
            if (!cancellation.IsCancellationRequested)
            {
                return reply;
            }

            _ = await StopAsync(reply.Id, patience.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ControlException)
        {
            if (failure is not ControlException { Fault: ControlFault.Refused or ControlFault.NoResponders })
            {
                run.Say($"{options.Name} may run all the same: `nex node probe {options.Name}{InNamespace}` finds it, and `nex stop {options.Name}{InNamespace}` stops it");
            }

            if (!cancellation.IsCancellationRequested)
            {
                throw;
            }
        }

        throw new OperationCanceledException(cancellation);
    }

    /// <summary>Tells that it runs.</summary>
    internal void Tell(RunReply reply, bool? uploaded)
    {
        if (run.IsJson)
        {
            run.WriteJson(
                new DeployedDocument("deployed", reply.Id, reply.Name, options.Namespace, options.NodeId, reply.Issuer, options.Location, options.Hash, uploaded),
                json => json.DeployedDocument);
        }
        else
        {
            run.Screen.Line($"{reply.Name} runs as {reply.Id} on {options.NodeId}");
        }
    }

    /// <summary>Stops what was deployed, and says so, or that it may still run.</summary>
    /// <returns>Whether it is stopped.</returns>
    internal async Task<bool> StopAsync(string id, CancellationToken cancellation)
    {
        var stop = new StopOptions
        {
            Workload = id,
            NodeId = options.NodeId,
            Name = options.Name,
            Issuer = options.Issuer,
            Namespace = options.Namespace,
        };
        try
        {
            _ = await client.StopAsync(stop, cancellation).ConfigureAwait(false);
            run.Say($"stopped {options.Name} ({id})");
            return true;
        }
        catch (Exception failure) when (failure is ControlException or OperationCanceledException)
        {
            string why = failure is ControlException ? failure.Message : "Its node has not answered in time.";
            run.Say($"{options.Name} ({id}) may still run: {why} Stop it with `nex stop {options.NodeId} {id}{InNamespace}`.");
            return false;
        }
    }
}
