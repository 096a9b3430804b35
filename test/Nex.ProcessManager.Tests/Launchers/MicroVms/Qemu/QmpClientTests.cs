using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Qemu;

/// <summary>The monitor of a QEMU whose side the test plays, byte by byte.</summary>
public sealed class QmpClientTests : IAsyncDisposable
{
    private const string Greeting = """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}""";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly UnixSocketLink _qemu;
    private readonly QmpClient _client;
    private readonly byte[] _buffer = new byte[64 * 1024];

    public QmpClientTests()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        _qemu = new UnixSocketLink(theirs);
        _client = new QmpClient(new UnixSocketLink(ours), TimeProvider.System, Long);
    }

    [Fact]
    public async Task It_waits_for_the_greeting_and_opens_the_conversation()
    {
        Task opening = _client.OpenAsync(Long, CancellationToken.None);
        await SayAsync(Greeting);

        Assert.Equal("""{"execute":"qmp_capabilities","id":1}""", await HearAsync());
        await SayAsync("""{"return": {}, "id": 1}""");
        await opening.Within();
    }

    [Fact]
    public async Task Answers_find_their_commands_in_any_order_between_events()
    {
        Task<System.Text.Json.JsonElement> first = _client.ExecuteAsync("stop");
        Assert.Equal("""{"execute":"stop","id":1}""", await HearAsync());
        Task<System.Text.Json.JsonElement> second = _client.ExecuteAsync("getfd", new JsonObject { ["fdname"] = "state" });
        Assert.Equal("""{"execute":"getfd","arguments":{"fdname":"state"},"id":2}""", await HearAsync());

        await SayAsync("""{"return": {"number": 2}, "id": 2}""" + "\r\n" + """{"event": "STOP", "timestamp": {"seconds": 1}}""" + "\r\n" + """{"return": {"number": 1}, "id": 1}""");

        Assert.Equal(1, (await first.Within()).GetProperty("number").GetInt32());
        Assert.Equal(2, (await second.Within()).GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task A_refusal_says_which_command_and_why()
    {
        Task<System.Text.Json.JsonElement> refused = _client.ExecuteAsync("cont");
        _ = await HearAsync();
        await SayAsync("""{"error": {"class": "GenericError", "desc": "Resetting the Virtual Machine is required"}, "id": 1}""");

        QmpException failure = await Assert.ThrowsAsync<QmpException>(() => refused.Within());
        Assert.Equal(QmpFailure.Refused, failure.Failure);
        Assert.Equal("QEMU refused 'cont': Resetting the Virtual Machine is required", failure.Message);
    }

    [Fact]
    public async Task An_event_is_heard_by_who_waits_for_it()
    {
        Task<QmpMessage> completed = _client.NextAsync(message => message.Event == "MIGRATION" && message.Data.GetProperty("status").GetString() == "completed");

        await SayAsync("""{"event": "MIGRATION", "data": {"status": "active"}}""" + "\n" + """{"event": "MIGRATION", "data": {"status": "completed"}}""");

        Assert.Equal("completed", (await completed.Within()).Data.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_end_of_QEMU_fails_everything_that_waits_and_all_that_comes()
    {
        Task<System.Text.Json.JsonElement> waiting = _client.ExecuteAsync("stop");
        Task<QmpMessage> next = _client.NextAsync(_ => true);
        _ = await HearAsync();

        await _qemu.DisposeAsync();

        Assert.Equal(QmpFailure.Closed, (await Assert.ThrowsAsync<QmpException>(() => waiting.Within())).Failure);
        Assert.Equal(QmpFailure.Closed, (await Assert.ThrowsAsync<QmpException>(() => next.Within())).Failure);
        Assert.Equal(QmpFailure.Closed, (await Assert.ThrowsAsync<QmpException>(() => _client.ExecuteAsync("stop").Within())).Failure);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"return": {}, "id": "one"}""")]
    [InlineData("""{"error": "text", "id": 1}""")]
    public async Task What_is_no_QMP_ends_the_conversation(string line)
    {
        Task<System.Text.Json.JsonElement> waiting = _client.ExecuteAsync("stop");
        _ = await HearAsync();
        await SayAsync(line);

        Assert.Equal(QmpFailure.Malformed, (await Assert.ThrowsAsync<QmpException>(() => waiting.Within())).Failure);
    }

    [Fact]
    public async Task A_line_without_end_is_not_kept()
    {
        Task<QmpMessage> next = _client.NextAsync(_ => true);
        byte[] noise = [.. Enumerable.Repeat((byte)' ', 64 * 1024)];

        Task flooding = Task.Run(async () =>
        {
            for (int count = 0; count < 64 && !next.IsCompleted; count++)
            {
                _ = await _qemu.SendAsync(noise, null, CancellationToken.None);
            }
        });

        Assert.Equal(QmpFailure.Malformed, (await Assert.ThrowsAsync<QmpException>(() => next.Within())).Failure);
        await _client.DisposeAsync();
        await flooding.ContinueWith(static _ => { }, TaskScheduler.Default).Within();
    }

    [Fact]
    public async Task Silence_has_an_end()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        using (theirs)
        {
            await using var client = new QmpClient(new UnixSocketLink(ours), time, TimeSpan.FromSeconds(5));
            Task<System.Text.Json.JsonElement> waiting = client.ExecuteAsync("stop");
            byte[] heard = new byte[64];
            await Task.Run(() => Nex.Linux.Descriptor.Read(theirs, heard)).Within();
            await Task.Run(() =>
            {
                while (!waiting.IsCompleted)
                {
                    time.Advance(TimeSpan.FromSeconds(5));
                }
            }).Within();

            QmpException failure = await Assert.ThrowsAsync<QmpException>(() => waiting.Within());
            Assert.Equal((QmpFailure.Timeout, "QEMU did not answer 'stop' within 5 s."), (failure.Failure, failure.Message));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _qemu.DisposeAsync();
    }

    private async Task SayAsync(string line) => _ = await _qemu.SendAsync(Encoding.UTF8.GetBytes(line + "\r\n"), null, CancellationToken.None);

    private async Task<string> HearAsync()
    {
        int count = await _qemu.ReceiveAsync(_buffer, CancellationToken.None).AsTask().Within();
        return Encoding.UTF8.GetString(_buffer, 0, count).TrimEnd('\n');
    }
}
