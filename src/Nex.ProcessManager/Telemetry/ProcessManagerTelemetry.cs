using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Nex.ProcessManager.Telemetry;

/// <summary>
/// The metrics and traces of process managers. Tags have few values: the sandbox, a state, a cause; never an id.
/// </summary>
public static partial class ProcessManagerTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Nex.ProcessManager";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Agents by <c>nex.agent.state</c>; zero in every state once a manager has stopped.</summary>
    internal static readonly UpDownCounter<long> Agents = Meter.CreateUpDownCounter<long>("nex.agents", "{agent}", "Agents by state");

    internal static readonly Counter<long> Starts = Meter.CreateCounter<long>(
        "nex.agent.starts", "{start}", "Agents whose start succeeded: they became warm, or were not needed any more");

    internal static readonly Counter<long> StartFailures =
        Meter.CreateCounter<long>("nex.agent.start.failures", "{start}", "Starts that failed, by reason");

    internal static readonly Counter<long> Exits = Meter.CreateCounter<long>("nex.agent.exits", "{agent}", "Agents that ended, by cause");

    internal static readonly Histogram<double> StartDuration =
        Meter.CreateHistogram<double>("nex.agent.start.duration", "s", "From the start of an agent's process until it is warm");

    internal static readonly Histogram<double> PrepareDuration =
        Meter.CreateHistogram<double>("nex.workload.prepare.duration", "s", "From a prepare request to its agent, waits included");

    internal static readonly UpDownCounter<long> Waiting =
        Meter.CreateUpDownCounter<long>("nex.pool.waiting", "{request}", "Prepare requests that wait for an agent");

    internal static readonly Histogram<double> WaitDuration =
        Meter.CreateHistogram<double>("nex.pool.wait.duration", "s", "How long prepare requests waited that found no warm agent");

    internal static KeyValuePair<string, object?> Sandbox(string sandbox) => new("nex.sandbox", sandbox);

    /// <summary>Begins an activity. It is ended by <see cref="End"/>.</summary>
    /// <returns>Null where nobody listens.</returns>
    internal static Activity? Begin(string name, ILogger logger)
    {
        Activity? activity = null;
        Harmless(() => activity = Source.StartActivity(name), logger);
        return activity;
    }

    internal static void End(Activity? activity, ILogger logger) => Harmless(() => activity?.Dispose(), logger);

    /// <summary>Calls who listens. What he throws is logged, and harms nothing.</summary>
    internal static void Harmless(Action call, ILogger logger)
    {
        try
        {
            call();
        }
        catch (Exception failure)
        {
            LogListenerFailed(logger, failure);
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "A listener of the metrics or traces of the process manager threw: what it tells may be wrong")]
    private static partial void LogListenerFailed(ILogger logger, Exception failure);
}
