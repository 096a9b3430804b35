using Nex.Firecracker.Api;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests;

/// <summary>Calls that end before their answer: by time, by the process, by their caller.</summary>
public sealed class EndedCallTests : ClientTest
{
    private readonly TestTime _time = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndedCallTests() => Server.OnRequest = static (_, connection) => connection.WaitForEndAsync();

    private static SnapshotCreation Creation => new() { SnapshotPath = "/s", MemFilePath = "/m" };

    private static SnapshotLoad Load => new()
    {
        SnapshotPath = "/s",
        MemBackend = new MemoryBackend { BackendType = MemoryBackendType.File, BackendPath = "/m" },
    };

    private FirecrackerClient Client => field ??= Connect(new FirecrackerClientOptions { TimeProvider = _time, ProcessExited = _exited.Task });

    [Fact]
    public async Task A_call_has_5_seconds()
    {
        Task call = Client.StartInstanceAsync();
        await Server.Requests.AtAsync(0);
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        FirecrackerException failure = await FailureOfAsync(call);

        Assert.Equal((FirecrackerFailure.TimedOut, "PUT /actions"), (failure.Failure, failure.Call));
        Assert.Contains("5 s", failure.Message);
        Assert.Equal("closed by the client", await Server.Ends.AtAsync(0));
    }

    [Fact]
    public async Task Snapshots_have_60()
    {
        Task[] calls = [Client.CreateSnapshotAsync(Creation), Client.LoadSnapshotAsync(Load)];
        await Server.Requests.AtAsync(1);
        _time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1));
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.All(await Task.WhenAll(calls.Select(FailureOfAsync)), failure => Assert.Equal(FirecrackerFailure.TimedOut, failure.Failure));
    }

    [Fact]
    public async Task Other_deadlines_can_be_set()
    {
        FirecrackerClient client = Connect(new FirecrackerClientOptions
        {
            TimeProvider = _time,
            Timeout = TimeSpan.FromSeconds(1),
            SnapshotTimeout = TimeSpan.FromSeconds(2),
        });
        Task call = client.PauseAsync();
        Task snapshot = client.CreateSnapshotAsync(Creation);
        await Server.Requests.AtAsync(1);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(call)).Failure);
        Assert.False(snapshot.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(snapshot)).Failure);
    }

    [Fact]
    public async Task An_answer_that_comes_in_drops_has_the_same_time()
    {
        Server.OnRequest = static async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 200 \r\nContent-Length: 100\r\n\r\n{");
            await connection.WaitForEndAsync();
        };
        Task call = Client.GetVersionAsync();
        await Server.Requests.AtAsync(0);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(call)).Failure);
    }

    [Fact]
    public async Task Waiting_for_a_connection_counts_too()
    {
        FirecrackerClient client = Connect(new FirecrackerClientOptions { TimeProvider = _time, MaxConnections = 1 });
        Task first = client.PauseAsync();
        await Server.Requests.AtAsync(0);
        Task second = client.ResumeAsync();

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(first)).Failure);
        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(second)).Failure);
    }

    [Fact]
    public async Task All_calls_fail_at_once_when_the_process_ends()
    {
        Task[] calls = [Client.PauseAsync(), Client.GetVersionAsync(), Client.LoadSnapshotAsync(Load), .. Enumerable.Range(0, 20).Select(_ => Client.ResumeAsync())];
        await Server.Requests.AtAsync(3);

        _exited.SetResult();

        Assert.All(await Task.WhenAll(calls.Select(FailureOfAsync)), failure => Assert.Equal(FirecrackerFailure.ProcessGone, failure.Failure));
    }

    [Fact]
    public async Task So_they_do_when_what_watches_the_process_has_failed()
    {
        Task call = Client.PauseAsync();
        await Server.Requests.AtAsync(0);

        _exited.SetException(new InvalidOperationException());

        Assert.Equal(FirecrackerFailure.ProcessGone, (await FailureOfAsync(call)).Failure);
    }

    [Fact]
    public async Task A_process_that_has_ended_is_not_asked()
    {
        _exited.SetResult();

        Assert.Equal(FirecrackerFailure.ProcessGone, (await FailureOfAsync(Client.GetVersionAsync())).Failure);
        Assert.Empty(Server.Connections.Reached);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_at_once_and_others_go_on()
    {
        using var cancelled = new CancellationTokenSource();
        Task call = Client.PauseAsync(cancelled.Token);
        Task other = Client.ResumeAsync();
        await Server.Requests.AtAsync(1);

        await cancelled.CancelAsync();

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within());
        Assert.Equal(cancelled.Token, failure.CancellationToken);
        await Server.Ends.AtAsync(0);
        Assert.False(other.IsCompleted);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_is_not_sent()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.PauseAsync(new CancellationToken(canceled: true)).Within());

        Assert.Empty(Server.Connections.Reached);
    }

    [Fact]
    public async Task Disposal_ends_the_calls_and_the_connections()
    {
        Task call = Client.PauseAsync();
        await Server.Requests.AtAsync(0);

        await Client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.Within());
        await Server.Ends.AtAsync(0);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Client.PauseAsync().Within());
        Client.Dispose();
    }

    [Fact]
    public async Task Disposal_closes_connections_that_are_not_in_use()
    {
        Server.OnRequest = static (_, connection) => connection.SendAsync(ApiServer.NoContent);
        await Client.PauseAsync().Within();

        Client.Dispose();

        Assert.Equal("closed by the client", await Server.Ends.AtAsync(0));
    }
}
