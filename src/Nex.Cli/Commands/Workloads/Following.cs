using Nex.Cli.Commands.Streams;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Streams;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Events;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>Deploys a workload, shows what it writes until it ends, and stops it when this ends first.</summary>
internal sealed class Following(CommandRun run, NexClient client, DeployOptions options, TimeProvider time)
{
    // Its last lines and its end come with the answer to the stop, but for nodes that never tell.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Deployment _deployment = new(run, client, options, time);

    /// <returns>The exit code of this program.</returns>
    internal async Task<int> RunAsync(bool uploaded, CancellationToken cancellation)
    {
        // Opened before the deploy: a workload may write and end before its answer is here.
        var filter = new LogFilter { Namespace = options.Namespace, NodeId = options.NodeId, WorkloadName = options.Name };
        await using SubjectStream<NodeLogLine> lines = await client.OpenLogsAsync(filter, cancellation).ConfigureAwait(false);
        await using SubjectStream<NodeEvent> ends = await client
            .OpenEventsAsync(new EventFilter { Namespace = options.Namespace, Type = EventTypes.WorkloadStopped }, cancellation).ConfigureAwait(false);
        await using SubjectStream<NodeEvent> nodeEnds = await client
            .OpenEventsAsync(new EventFilter { Namespace = ControlSubjects.SystemNamespace, Type = EventTypes.NodeStopped, Source = options.NodeId }, cancellation)
            .ConfigureAwait(false);
        using var connection = new ConnectionNotices(run, client);

        RunReply reply = await _deployment.StartAsync(cancellation).ConfigureAwait(false);
        using var over = new CancellationTokenSource();
        Task<int> showing = ShowUntilEndAsync(reply, uploaded, lines, ends, nodeEnds, over.Token);
        try
        {
            return await showing.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await StopAsync(reply.Id, showing).ConfigureAwait(false);
            throw;
        }
        catch (IOException)
        {
            // Nobody reads what it writes any more.
            await StopAsync(reply.Id, showing).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await ((Task)showing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Not with the token of the run, which is cancelled.
    private async Task StopAsync(string id, Task<int> showing)
    {
        using var patience = new CancellationTokenSource(Deployment.Patience, time);
        if (await _deployment.StopAsync(id, patience.Token).ConfigureAwait(false))
        {
            await ((Task)showing.WaitAsync(LastWords, time)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!showing.IsCompleted)
            {
                Tell(new EndedDocument("ended", id, EndedDocument.UnknownCode, "stopped"));
            }
        }
    }

    private async Task<int> ShowUntilEndAsync(
        RunReply reply, bool uploaded, SubjectStream<NodeLogLine> lines, SubjectStream<NodeEvent> ends, SubjectStream<NodeEvent> nodeEnds, CancellationToken cancellation)
    {
        _deployment.Tell(reply, uploaded);
        string id = reply.Id;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task showing = ShowAsync(id, lines, over.Token);
        Task<EndedDocument> ending = EndAsync(id, ends, over.Token);
        Task<EndedDocument> nodeEnding = NodeEndAsync(id, nodeEnds, over.Token);
        Task<(EndedDocument End, int ExitCode)> watching = new NodeWatch(client, options, time).WatchAsync(id, over.Token);
        Task first = await Task.WhenAny(showing, ending, nodeEnding, watching).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(showing, ending, nodeEnding, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first == showing)
        {
            await showing.ConfigureAwait(false);
        }

        // A node sends the lines of a workload before it tells of its end: they are here.
        foreach (NodeLogLine line in lines.ReadAvailable())
        {
            Show(id, line);
        }

        if (first == watching && !ending.IsCompletedSuccessfully)
        {
            (EndedDocument lost, int exitCode) = await watching.ConfigureAwait(false);
            Tell(lost);
            return exitCode;
        }

        EndedDocument end = await (first == nodeEnding && !ending.IsCompletedSuccessfully ? nodeEnding : ending).ConfigureAwait(false);
        Tell(end);
        return end.Code == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private Task ShowAsync(string id, SubjectStream<NodeLogLine> lines, CancellationToken cancellation) =>
        Listening.ShowAsync(run, lines, line => Show(id, line), cancellation);

    private void Show(string id, NodeLogLine line)
    {
        if (line.WorkloadId != id)
        {
            return;
        }

        if (run.IsJson)
        {
            run.WriteJson(LogDocument.Of(line), json => json.LogDocument);
        }
        else if (line.IsFromNode)
        {
            // Standard output is the program's.
            run.Say(line.Text);
        }
        else
        {
            run.Screen.Line(line.Text, line.Level == LogSeverity.Error);
        }
    }

    private async Task<EndedDocument> EndAsync(string id, SubjectStream<NodeEvent> ends, CancellationToken cancellation)
    {
        await foreach (NodeEvent each in ends.WithCancellation(cancellation).ConfigureAwait(false))
        {
            // Its source is the workload, or for some nodes the node, and then only its name tells which it is.
            if (each.Details is WorkloadStopped stopped
                && (each.Source == id || (each.Source == options.NodeId && stopped.WorkloadName == options.Name)))
            {
                return new EndedDocument("ended", id, stopped.Code, stopped.Message);
            }
        }

        throw new CommandFailedException("The connection to NATS is closed.");
    }

    private async Task<EndedDocument> NodeEndAsync(string id, SubjectStream<NodeEvent> ends, CancellationToken cancellation)
    {
        await foreach (NodeEvent _ in ends.WithCancellation(cancellation).ConfigureAwait(false))
        {
            return new EndedDocument("ended", id, EndedDocument.UnknownCode, $"its node {options.NodeId} has stopped");
        }

        throw new CommandFailedException("The connection to NATS is closed.");
    }

    private void Tell(EndedDocument end)
    {
        if (run.IsJson)
        {
            run.WriteJson(end, json => json.EndedDocument);
        }

        string how = end.Code == EndedDocument.UnknownCode ? "" : $" with code {end.Code}";
        run.Say($"{options.Name} has ended{how}{(end.Message.Length > 0 ? $": {end.Message}" : "")}");
    }
}
