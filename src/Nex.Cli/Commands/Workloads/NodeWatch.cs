using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>
/// Notices what nobody tells: a node that was killed, and a workload that ended while NATS was away. A node that is silent may be on its way back to NATS
/// itself, so that it is given some time.
/// </summary>
internal sealed class NodeWatch(NexClient client, DeployOptions options, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Waits until one of them is so.</summary>
    /// <returns>What is told of the end of the workload, and the exit code of this program.</returns>
    internal async Task<(EndedDocument End, int ExitCode)> WatchAsync(string id, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        long heard = time.GetTimestamp();
        bool missed = false;
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
        {
            switch (await AskAsync(id, cancellation).ConfigureAwait(false))
            {
                case null when time.GetElapsedTime(heard) >= Patience:
                    return (Ended(id, $"its node {options.NodeId} has not answered for {Patience.TotalSeconds} s: it has ended, and all that ran on it, or cannot be reached"), ExitCodes.NothingAnswered);
                case null:
                    break;
                // Its end is told by a message that may be on its way.
                case false when missed:
                    return (Ended(id, "its node does not run it any more, and how it ended was not heard here"), ExitCodes.Failed);
                case var runs:
                    missed = runs is false;
                    heard = time.GetTimestamp();
                    break;
            }
        }

        throw new CommandFailedException("The connection to NATS is closed.");
    }

    /// <returns>Whether the node says that it runs the workload; null where it does not answer.</returns>
    private async Task<bool?> AskAsync(string id, CancellationToken cancellation)
    {
        try
        {
            return await RunsAsync(id, cancellation).ConfigureAwait(false);
        }
        catch (ControlException failure) when (failure.Fault is ControlFault.NoResponders or ControlFault.Timeout)
        {
            return null;
        }
        catch (ControlException)
        {
            // NATS is away from here, which says nothing of the node; or it says something else, and so is there.
            return true;
        }
    }

    private async Task<bool> RunsAsync(string id, CancellationToken cancellation)
    {
        try
        {
            InfoReply info = await client.GetInfoAsync(options.NodeId, options.Namespace, cancellation).ConfigureAwait(false);
            return info.Machines.Any(machine => machine.Id == id);
        }
        catch (ControlException failure) when (failure.Fault == ControlFault.Timeout)
        {
            // This user may not be allowed to ask for that.
            _ = await client.PingAsync(options.NodeId, cancellation).ConfigureAwait(false);
            return true;
        }
    }

    private static EndedDocument Ended(string id, string message) => new("ended", id, EndedDocument.UnknownCode, message);
}
