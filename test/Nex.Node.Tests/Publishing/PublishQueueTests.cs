using System.Text;
using Nex.Node.Publishing;

namespace Nex.Node.Tests.Publishing;

public sealed class PublishQueueTests
{
    private readonly List<OutgoingMessage> _batch = [];

    [Fact]
    public void What_comes_goes_in_its_order()
    {
        var queue = new PublishQueue(100, 1_000_000);
        var log = new WorkloadLog("log", "w1");
        queue.Add(log.Line("INFO", "one"));
        queue.Add(Event("two"));
        queue.Add(log.Line("INFO", "three"));
        Assert.Equal(["one", "two", "three"], Take(queue));
    }

    [Fact]
    public void The_oldest_lines_go_first_and_the_log_says_how_many_where_they_are_missing()
    {
        var queue = new PublishQueue(3, 1_000_000);
        var log = new WorkloadLog("log", "w1");
        queue.Add(Event("first"));
        for (int line = 0; line < 5; line++)
        {
            queue.Add(log.Line("INFO", $"{line}"));
        }

        Assert.Equal(["first", WorkloadLog.Note(3), "3", "4"], Take(queue));
        queue.Add(log.Line("INFO", "5"));
        Assert.Equal(["5"], Take(queue));
    }

    [Fact]
    public void Lines_that_were_lost_are_told_of_also_where_no_other_follows()
    {
        var queue = new PublishQueue(16, 1);
        var log = new WorkloadLog("log", "w1");
        queue.Add(log.Line("INFO", "lost"));
        queue.Add(Event("kept"));
        Assert.Equal(["kept", WorkloadLog.Note(1)], Take(queue));
        queue.Add(log.LostNote(7));
        queue.Add(Event("kept"));
        Assert.Equal(["kept", WorkloadLog.Note(7)], Take(queue));
    }

    [Fact]
    public async Task It_ends_when_it_is_complete_and_empty_and_its_memory_is_bounded()
    {
        var queue = new PublishQueue(1000, 100_000);
        for (int number = 0; number < 10_000; number++)
        {
            queue.Add(Event(new string('e', 1000)));
        }

        Assert.InRange(queue.Count, 80, 100);
        queue.Complete();
        queue.Add(Event("late"));
        Assert.True(await queue.WaitAsync());
        Assert.DoesNotContain("late", Take(queue));
        Assert.False(await queue.WaitAsync());
    }

    private static OutgoingMessage Event(string text) => new(MessageKind.Event, "event", Encoding.UTF8.GetBytes(text));

    private IEnumerable<string> Take(PublishQueue queue)
    {
        queue.Take(_batch, 1000);
        return _batch.Select(message => Encoding.UTF8.GetString(message.Payload) is ['{', ..] text
            ? System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("text").GetString()!
            : Encoding.UTF8.GetString(message.Payload));
    }
}
