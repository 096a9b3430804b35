using Nex.Client.Streams;
using Nex.Client.Tests.Support;
using Nex.Control;
using Nex.Control.Events;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Streams;

public sealed class EventTests : ClientTest
{
    [Fact]
    public async Task Events_of_the_original_are_read()
    {
        (string Subject, string Payload)[] recorded = Recording.Published("$NEX.events");
        await using SubjectStream<NodeEvent> events = await Client.OpenEventsAsync(new EventFilter()).Within();

        await PublishAsync(recorded);

        var read = new List<NodeEvent>();
        await using var reader = events.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (read.Count < recorded.Length && await reader.MoveNextAsync().Within())
        {
            read.Add(reader.Current);
        }

        Assert.Equal(["workload_started", "function_exec_succeeded", "node_entered_lameduck", "node_stopped"], read.Select(each => each.Type));
        Assert.Equal(["default", "default", "system", "system"], read.Select(each => each.Namespace));
        Assert.Equal(new WorkloadStarted("echoservice", 0), read[0].Details);
        Assert.Equal(Recording.WorkloadId, read[0].Source);
        Assert.Equal(new NodeStopped(Recording.NodeId, Graceful: true), read[3].Details);
    }

    [Fact]
    public async Task Filters_keep_out_what_is_not_asked_for()
    {
        var filter = new EventFilter { Namespace = "system", Source = Recording.NodeId };
        await using SubjectStream<NodeEvent> events = await Client.OpenEventsAsync(filter).Within();
        (string Subject, string Payload)[] recorded = Recording.Published("$NEX.events");

        await PublishAsync(
            [("$NEX.events.system.heartbeat", "no JSON"), ("$NEX.events.system.node_stopped", recorded[3].Payload.Replace(Recording.NodeId, "N2", StringComparison.Ordinal)), .. recorded]);

        await using var reader = events.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync().Within());
        Assert.Equal("node_entered_lameduck", reader.Current.Type);
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using SubjectStream<NodeEvent> events = await Client.OpenEventsAsync(new EventFilter()).Within();
        await using var reader = events.GetAsyncEnumerator(cancel.Token);
        Task<bool> next = reader.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within());
    }

    [Fact]
    public async Task While_NATS_is_away_opening_waits_no_longer_than_for_an_answer()
    {
        await using NexClient hasty = await ConnectAsync(TimeSpan.FromMilliseconds(300));
        await Server.KillAsync();

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => hasty.OpenEventsAsync(new EventFilter()).Within());

        Assert.Equal(ControlFault.Unavailable, failure.Fault);
    }

    [Fact]
    public async Task A_stream_ends_with_its_client()
    {
        NexClient client = await ConnectAsync(TimeSpan.FromMinutes(5));
        await using SubjectStream<NodeEvent> events = await client.OpenEventsAsync(new EventFilter()).Within();
        await using var reader = events.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Task<bool> next = reader.MoveNextAsync().AsTask();

        await client.DisposeAsync();

        Assert.False(await next.Within());
    }
}
