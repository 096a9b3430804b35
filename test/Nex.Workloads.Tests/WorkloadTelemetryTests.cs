using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using Nex.Workloads.Telemetry;

namespace Nex.Workloads.Tests;

/// <summary>Alone, because metrics are those of the whole process.</summary>
[CollectionDefinition(nameof(WorkloadTelemetryTests), DisableParallelization = true)]
[Collection(nameof(WorkloadTelemetryTests))]
public sealed class WorkloadTelemetryTests : WorkloadTest
{
    [Fact]
    public async Task The_life_of_a_workload_is_counted()
    {
        using MetricCollector<long> workloads = Collect<long>("nex.workloads");
        using MetricCollector<double> durations = Collect<double>("nex.workload.deploy.duration");
        using MetricCollector<long> restarts = Collect<long>("nex.workload.restarts");
        using MetricCollector<long> ends = Collect<long>("nex.workload.ends");
        using MetricCollector<long> lines = Collect<long>("nex.workload.log.lines");
        Workload workload = await DeployAsync(Request(essential: true));
        AgentOf(workload).WriteOutput("one", "two");
        AgentOf(workload).EndWorkload(code: 1);
        WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        await Time.PassAsync(scheduled.Delay!.Value);
        await EventAsync(workload, WorkloadEventKind.Started, time: 2);
        Assert.Equal(1, Sum(workloads, ("nex.workload.type", "elf")));

        AgentOf(workload).EndWorkload(code: 0);
        await workload.Completion.Within();
        await workloads.WaitForMeasurementsAsync(minCount: 2, Token).Within();

        Assert.Equal(0, Sum(workloads, ("nex.workload.type", "elf")));
        Assert.Equal(1, Sum(ends, ("nex.workload.type", "elf"), ("nex.end.reason", "Exited")));
        Assert.Equal((1, 1, 2), (durations.GetMeasurementSnapshot().Count, Sum(restarts), Sum(lines)));
    }

    [Fact]
    public async Task The_duration_of_a_deploy_is_from_its_request_until_its_program_runs()
    {
        using MetricCollector<double> durations = Collect<double>("nex.workload.deploy.duration");
        var gate = new TaskCompletionSource();
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(
            number => new FakeAgentPlan { HelloGate = number == 0 ? Task.CompletedTask : gate.Task });
        await other.DeployAsync(Request());
        Task<Workload> waiting = other.DeployAsync(Request());
        await other.Launcher.Launched.CountAsync(2);

        other.Time.Advance(TimeSpan.FromSeconds(3));
        gate.SetResult();
        await waiting;

        Assert.Equal([0, 3], durations.GetMeasurementSnapshot().Select(measurement => measurement.Value));
    }

    [Fact]
    public async Task Lines_that_a_reader_missed_are_counted()
    {
        using MetricCollector<long> missed = Collect<long>("nex.workload.log.lines.missed");
        await using var other = new WorkloadManagerUnderTest(new WorkloadManagerOptions { MaxLogLines = 2 });
        await other.Manager.StartAsync(Token).Within();
        Workload workload = await other.DeployAsync(Request());
        await using IAsyncEnumerator<LogLine> reader = workload.ReadLogsAsync(Token).GetAsyncEnumerator(Token);
        FakeAgent agent = other.Launcher.Find(workload.AgentId!);
        agent.WriteOutput("1");
        Assert.True(await reader.MoveNextAsync());

        agent.WriteOutput("2", "3", "4", "5", "6");
        agent.EndWorkload();
        await workload.Completion.Within();
        Assert.True(await reader.MoveNextAsync());

        Assert.Equal(("5", 3), (reader.Current.Text, reader.Current.Missed));
        Assert.Equal(3, Sum(missed));
    }

    [Fact]
    public async Task A_deploy_that_fails_is_counted_and_traced_with_its_reason()
    {
        using MetricCollector<long> workloads = Collect<long>("nex.workloads");
        using MetricCollector<long> failures = Collect<long>("nex.workload.deploy.failures");
        using MetricCollector<long> ends = Collect<long>("nex.workload.ends");
        var stopped = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WorkloadTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(_ => new FakeAgentPlan { Deploy = FakeAnswer.Refused });

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => other.DeployAsync(Request()));

        Assert.Equal(0, Sum(workloads, ("nex.workload.type", "elf")));
        Assert.Equal(1, Sum(failures, ("error.type", failure.GetType().Name)));
        Assert.Empty(ends.GetMeasurementSnapshot());
        Activity activity = Assert.Single(stopped);
        Assert.Equal(("workload.deploy", ActivityStatusCode.Error, failure.Message), (activity.OperationName, activity.Status, activity.StatusDescription));
    }

    private static MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(meterScope: null, WorkloadTelemetry.Name, instrument);

    /// <summary>The sum of what was reported with exactly these tags.</summary>
    private static long Sum(MetricCollector<long> collector, params (string Name, string Value)[] tags) => collector.GetMeasurementSnapshot()
        .Where(measurement => measurement.MatchesTags([.. tags.Select(tag => new KeyValuePair<string, object?>(tag.Name, tag.Value))]))
        .Sum(measurement => measurement.Value);
}
