using Nex.Client.Streams;
using Nex.Client.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Streams;

public sealed class LogTests : ClientTest
{
    private const string Node = Recording.NodeId;

    [Theory]
    [InlineData("echoservice", null)]
    [InlineData(null, Recording.WorkloadId)]
    [InlineData(null, null)]
    [InlineData("echoservice", Recording.WorkloadId)]
    public async Task Lines_of_the_original_are_read_although_its_subject_is_the_other_way_round(string? name, string? id)
    {
        await using SubjectStream<NodeLogLine> lines = await Client.OpenLogsAsync(new LogFilter { WorkloadName = name, WorkloadId = id }).Within();

        await PublishAsync(Recording.Published("$NEX.logs"));

        NodeLogLine line = await FirstAsync(lines);
        Assert.Equal(("default", Node, "echoservice", Recording.WorkloadId), (line.Namespace, line.NodeId, line.WorkloadName, line.WorkloadId));
        Assert.Equal((LogSeverity.Warn, "Workload echoservice deployed", true), (line.Level, line.Text, line.IsFromNode));
    }

    [Fact]
    public async Task Filters_keep_out_what_is_not_asked_for()
    {
        var filter = new LogFilter { Namespace = "shop", NodeId = Node, WorkloadName = "echo", MinimumLevel = LogSeverity.Warn };
        await using SubjectStream<NodeLogLine> lines = await Client.OpenLogsAsync(filter).Within();

        await PublishAsync(
            Line("other", Node, "echo", "w1", "ERROR", "of another namespace"),
            Line("shop", "N2", "echo", "w1", "ERROR", "of another node"),
            Line("shop", Node, "cart", "w1", "ERROR", "of another workload"),
            Line("shop", Node, "echo", "w1", "INFO", "of no interest"),
            ($"$NEX.logs.shop.{Node}.echo.w1", "no JSON"),
            Line("shop", Node, "echo", "w1", "ERROR", "asked for"));

        Assert.Equal("asked for", (await FirstAsync(lines)).Text);
    }

    [Fact]
    public async Task Lines_of_a_workload_come_in_order()
    {
        await using SubjectStream<NodeLogLine> lines = await Client.OpenLogsAsync(new LogFilter { WorkloadName = "echo" }).Within();
        string[] texts = [.. Enumerable.Range(0, 2_000).Select(number => $"line {number}")];

        await PublishAsync(texts.Select(text => Line("default", Node, "echo", "w1", "INFO", text)));

        var read = new List<string>();
        await using var reader = lines.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (read.Count < texts.Length && await reader.MoveNextAsync().Within())
        {
            read.Add(reader.Current.Text);
        }

        Assert.Equal(texts, read);
    }

    [Fact]
    public async Task What_a_reader_that_is_too_slow_misses_is_counted()
    {
        const int kept = 16_384, more = 100;
        var dropped = new Milestones<string>();
        await using SubjectStream<NodeLogLine> lines = await Client.OpenLogsAsync(new LogFilter { WorkloadName = "echo" }).Within();
        // Told after the stream, which has asked first.
        Client.Connection.MessageDropped += (_, message) =>
        {
            dropped.Add(message.Subject);
            return ValueTask.CompletedTask;
        };

        await PublishAsync(Enumerable.Range(0, kept + more).Select(number => Line("default", Node, "echo", "w1", "INFO", $"line {number}")));
        await dropped.CountAsync(more);

        Assert.Equal(more, lines.Dropped);
        Assert.Equal(kept, lines.ReadAvailable().Count());
    }

    [Theory]
    [InlineData("DEBUG", LogSeverity.Debug)]
    [InlineData("INFO", LogSeverity.Info)]
    [InlineData("INFO+2", LogSeverity.Info)]
    [InlineData("INFO+4", LogSeverity.Warn)]
    [InlineData("INFO-1", LogSeverity.Debug)]
    [InlineData("WARN", LogSeverity.Warn)]
    [InlineData("ERROR+8", LogSeverity.Error)]
    [InlineData("DEBUG-4", LogSeverity.Debug)]
    [InlineData("strange", LogSeverity.Info)]
    [InlineData("2", LogSeverity.Info)]
    public void Levels_are_read_as_loggers_write_them(string level, LogSeverity expected) =>
        Assert.Equal(expected, LogLineReader.ParseLevel(level));

    private static (string, string) Line(string @namespace, string node, string name, string id, string level, string text) =>
        ($"$NEX.logs.{@namespace}.{node}.{name}.{id}", $$"""{"text":"{{text}}","level":"{{level}}","id":"{{id}}"}""");

    private static async Task<NodeLogLine> FirstAsync(SubjectStream<NodeLogLine> lines)
    {
        await using var reader = lines.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync().Within());
        return reader.Current;
    }
}
