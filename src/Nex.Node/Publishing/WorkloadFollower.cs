using System.Globalization;
using Microsoft.Extensions.Logging;
using Nex.Control;
using Nex.Control.Events;
using Nex.Control.Messages;
using Nex.ProcessManager.Agents;
using Nex.Workloads;

namespace Nex.Node.Publishing;

/// <summary>Publishes what happens to one workload and what it writes, from its first start to its end.</summary>
/// <param name="onEnd">Called when it is over, before that is told.</param>
internal sealed partial class WorkloadFollower(string nodeId, Workload workload, Publisher publisher, Action onEnd, ILogger logger)
{
    private readonly WorkloadLog _log = new(
        ControlSubjects.Log(workload.Request.Namespace, nodeId, workload.Request.Name, workload.Id), workload.Id);

    /// <summary>Follows it. Completes when its end has been handed to the publisher. Never fails.</summary>
    internal async Task FollowAsync()
    {
        try
        {
            await FollowEventsAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogFailed(logger, failure, workload.Id);
        }
    }

    private async Task FollowEventsAsync()
    {
        Task? lines = null;
        WorkloadExit? exit = null;
        await foreach (WorkloadEvent item in workload.ReadEventsAsync().ConfigureAwait(false))
        {
            switch (item.Kind)
            {
                case WorkloadEventKind.Started:
                    PublishStarted(item);
                    Tell(LogLevels.Info, item.RetryCount == 0 ? $"Workload {item.Name} deployed" : $"Workload {item.Name} started again ({item.RetryCount})");
                    lines ??= Task.Run(FollowLinesAsync);
                    break;
                case WorkloadEventKind.Exited:
                    exit = item.Exit;
                    break;
                case WorkloadEventKind.RestartScheduled:
                    Tell(LogLevels.Warn, string.Create(CultureInfo.InvariantCulture, $"Workload {item.Name} ended ({exit}); it is started again in {item.Delay?.TotalSeconds:0.0} s"));
                    break;
                default:
                    // What it wrote comes before its end.
                    await (lines ?? Task.CompletedTask).ConfigureAwait(false);
                    onEnd();
                    PublishStopped(item, exit);
                    break;
            }
        }
    }

    private async Task FollowLinesAsync()
    {
        try
        {
            await foreach (LogLine line in workload.ReadAllLogsAsync().ConfigureAwait(false))
            {
                if (line.Missed > 0)
                {
                    publisher.Log(_log.LostNote(line.Missed));
                }

                publisher.Log(_log.Line(line.Stream == OutputStream.StandardError ? LogLevels.Error : LogLevels.Info, line.Text));
            }
        }
        catch (Exception failure)
        {
            LogFailed(logger, failure, workload.Id);
        }
    }

    private void Tell(string level, string text) => publisher.Log(_log.NodeLine(level, text));

    private void PublishStarted(WorkloadEvent item) => publisher.Event(
        item.Namespace,
        EventTypes.WorkloadStarted,
        item.WorkloadId,
        new WorkloadStarted(item.Name, Code: 0, workload.ArtifactBytes),
        ControlJsonContext.Default.WorkloadStarted,
        item.Time);

    private void PublishStopped(WorkloadEvent item, WorkloadExit? exit) => publisher.Event(
        item.Namespace,
        EventTypes.WorkloadStopped,
        item.WorkloadId,
        new WorkloadStopped(item.Name, Code(exit), Message(item, exit)),
        ControlJsonContext.Default.WorkloadStopped,
        item.Time);

    /// <summary>As a shell tells it; -1 where nobody saw the end.</summary>
    private static int Code(WorkloadExit? exit) => exit is null or { AgentLost: true } ? -1 : exit.Code ?? 128 + (exit.Signal ?? 0);

    private static string Message(WorkloadEvent item, WorkloadExit? exit) => item.End switch
    {
        WorkloadEndReason.Stopped => $"Workload {item.Name} was stopped ({exit})",
        WorkloadEndReason.TooManyFailures => $"Workload {item.Name} has failed too often and is given up ({exit})",
        WorkloadEndReason.LameDuck => $"Workload {item.Name} ended ({exit}) and is not started again: the node takes no workloads any more",
        _ => $"Workload {item.Name} ended ({exit})",
    };

    [LoggerMessage(514, LogLevel.Error, "Workload {WorkloadId} is not followed any more: what it says and how it ends is not published")]
    private static partial void LogFailed(ILogger logger, Exception failure, string workloadId);
}
