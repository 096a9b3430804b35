using System.Diagnostics;
using NATS.Client.Core;
using Nex.Node.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

public sealed class TraceTests(SharedNats nats) : NodeTest(nats)
{
    [Fact]
    public async Task The_trace_of_a_client_goes_on_through_the_node_to_the_agent()
    {
        var stopped = new Milestones<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Nex.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Add,
        };
        ActivitySource.AddActivityListener(listener);
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("silent");
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        var headers = new NatsHeaders { ["traceparent"] = $"00-{trace}-b7ad6b7169203331-01", ["tracestate"] = "vendor=1" };
        _ = await Stranger.AskAsync($"$NEX.DEPLOY.traces.{node.Id}", Stranger.RunRequest(node, "traced", "silent"), headers);

        Activity deploy = await stopped.FirstAsync(activity => activity.OperationName == "node.deploy" && activity.TraceId.ToString() == trace);
        Assert.Equal(("b7ad6b7169203331", "vendor=1", ActivityKind.Server), (deploy.ParentSpanId.ToString(), deploy.TraceStateString, deploy.Kind));
        Activity workload = await stopped.FirstAsync(activity => activity.OperationName == "workload.deploy" && activity.TraceId.ToString() == trace);
        Activity agent = await stopped.FirstAsync(activity => activity.OperationName == "agent.deploy" && activity.TraceId.ToString() == trace);
        Activity fetch = await stopped.FirstAsync(activity => activity.OperationName == "node.artifact.fetch" && activity.TraceId.ToString() == trace);
        Assert.Equal(deploy.SpanId, workload.ParentSpanId);
        Assert.Equal(workload.SpanId, agent.ParentSpanId);
        Assert.Equal(workload.SpanId, fetch.ParentSpanId);
    }

    [Fact]
    public async Task Requests_are_counted_by_type_and_outcome()
    {
        using var counted = new MetricWatch("nex.node.requests");
        NodeUnderTest node = await StartNodeAsync();
        _ = await Stranger.DoAsync($"$NEX.INFO.default.{node.Id}");
        _ = await Stranger.RefusedDeployAsync(node, "");
        await Stranger.Connection.PublishAsync($"$NEX.LAMEDUCK.{node.Id}");
        _ = await counted.Reports.FirstAsync(report => report == "info ok");
        _ = await counted.Reports.FirstAsync(report => report == "deploy refused");
        _ = await counted.Reports.FirstAsync(report => report == "lameduck no_reply");
        Assert.Equal(NodeState.Running, node.Node.Status.State);
    }
}
