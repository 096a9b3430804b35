using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Nex.Workloads.Telemetry;

/// <summary>The metrics and traces of workload managers. Tags have few values; never a name or an id.</summary>
public static class WorkloadTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Nex.Workloads";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    internal static readonly UpDownCounter<long> Workloads =
        Meter.CreateUpDownCounter<long>("nex.workloads", "{workload}", "Workloads that are not over, by type");

    internal static readonly Counter<long> DeployFailures =
        Meter.CreateCounter<long>("nex.workload.deploy.failures", "{workload}", "Deploys that failed, by error");

    internal static readonly Histogram<double> DeployDuration =
        Meter.CreateHistogram<double>("nex.workload.deploy.duration", "s", "From a deploy request until the program runs");

    internal static readonly Counter<long> Restarts = Meter.CreateCounter<long>("nex.workload.restarts", "{restart}", "Essential workloads started again");

    internal static readonly Counter<long> Ends = Meter.CreateCounter<long>("nex.workload.ends", "{workload}", "Workloads that are over, by reason");

    internal static readonly Counter<long> LogLines = Meter.CreateCounter<long>("nex.workload.log.lines", "{line}", "Lines that workloads wrote");

    internal static readonly Counter<long> MissedLogLines =
        Meter.CreateCounter<long>("nex.workload.log.lines.missed", "{line}", "Lines that readers missed because they were too slow");
}
