using CsCheck;
using Nex.Testing.Waiting;
using Nex.Workloads.Streams;

namespace Nex.Workloads.Tests.Streams;

public sealed class ReplayBufferTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_that_comes_late_begins_with_the_oldest_that_is_kept()
    {
        ReplayBuffer<int> buffer = Buffer(maxItems: 3);
        Write(buffer, 1, 2, 3, 4, 5);
        buffer.Complete();
        Assert.Equal([(3, 0L), (4, 0L), (5, 0L)], await ReadAllAsync(buffer, Token));
    }

    [Fact]
    public async Task A_reader_of_all_is_told_how_many_were_dropped_before_it_came()
    {
        ReplayBuffer<int> buffer = Buffer(maxItems: 2);
        Write(buffer, 1, 2, 3, 4, 5);
        await using IAsyncEnumerator<(int Item, long Missed)> reader = buffer.ReadAllAsync(Token).GetAsyncEnumerator(Token);

        Assert.True(await reader.MoveNextAsync());

        Assert.Equal((4, 3), reader.Current);
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_told_how_many_it_missed()
    {
        ReplayBuffer<int> buffer = Buffer(maxItems: 3);
        Write(buffer, 1);
        await using IAsyncEnumerator<(int Item, long Missed)> reader = buffer.ReadAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal((1, 0), reader.Current);

        Write(buffer, 2, 3, 4, 5, 6, 7);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal((5, 3), reader.Current);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal((6, 0), reader.Current);
    }

    [Fact]
    public async Task A_reader_waits_for_the_next_item_and_ends_with_the_last()
    {
        ReplayBuffer<int> buffer = Buffer(maxItems: 10);
        Task<List<(int Item, long Missed)>> reading = ReadAllAsync(buffer, Token);
        Write(buffer, 1);
        Write(buffer, 2);
        buffer.Complete();
        Write(buffer, 3);
        Assert.Equal([(1, 0L), (2, 0L)], await reading.Within());
    }

    [Fact]
    public async Task A_cancelled_reader_ends_and_others_go_on()
    {
        ReplayBuffer<int> buffer = Buffer(maxItems: 10);
        using var cancelling = new CancellationTokenSource();
        Task<List<(int Item, long Missed)>> cancelled = ReadAllAsync(buffer, cancelling.Token);
        Task<List<(int Item, long Missed)>> other = ReadAllAsync(buffer, Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within());
        Write(buffer, 1);
        buffer.Complete();
        Assert.Equal([(1, 0L)], await other.Within());
    }

    [Fact]
    public async Task What_is_kept_is_bounded_by_its_cost_too_and_the_newest_is_always_kept()
    {
        var buffer = new ReplayBuffer<string>(100, maxCost: 10, text => text.Length);
        buffer.Append("12345");
        buffer.Append("67890");
        buffer.Append("x");
        buffer.Append(new string('y', 50));
        buffer.Complete();
        var kept = new List<string>();
        await foreach ((string item, long _) in buffer.ReadAsync(Token))
        {
            kept.Add(item);
        }

        Assert.Equal([new string('y', 50)], kept);
    }

    [Theory]
    [InlineData(10, new[] { 4, 3, 3 }, 3)]
    [InlineData(10, new[] { 4, 3, 4 }, 2)]
    [InlineData(10, new[] { 9, 9, 9, 1 }, 2)]
    [InlineData(10, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 10)]
    public async Task As_much_is_kept_as_its_bound_allows(int maxCost, int[] costs, int kept)
    {
        var buffer = new ReplayBuffer<int>(100, maxCost, cost => cost);
        Write(buffer, costs);
        buffer.Complete();

        Assert.Equal(costs[^kept..], (await ReadAllAsync(buffer, Token)).Select(read => read.Item));
    }

    [Fact]
    public void Whatever_a_reader_gets_and_misses_adds_up_to_what_was_written_in_order() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 300], Gen.Int[1, 4]).Sample(
            (maxItems, count, readers) =>
            {
                ReplayBuffer<int> buffer = Buffer(maxItems);
                Task<List<(int Item, long Missed)>>[] reading = [.. Enumerable.Range(0, readers).Select(_ => Task.Run(() => ReadAllAsync(buffer, Token)))];
                Write(buffer, [.. Enumerable.Range(0, count)]);
                buffer.Complete();
                return reading.All(task => IsWhole(task.GetAwaiter().GetResult(), count));
            },
            iter: 200);

    /// <summary>Everything behind the first item was either read or counted as missed.</summary>
    private static bool IsWhole(List<(int Item, long Missed)> read, int count)
    {
        if (read.Count == 0)
        {
            return count == 0;
        }

        long expected = read[0].Item - read[0].Missed;
        foreach ((int item, long missed) in read)
        {
            expected += missed;
            if (item != expected++)
            {
                return false;
            }
        }

        return expected == count;
    }

    private static ReplayBuffer<int> Buffer(int maxItems) => new(maxItems, long.MaxValue, _ => 1);

    private static void Write(ReplayBuffer<int> buffer, params int[] items)
    {
        foreach (int item in items)
        {
            buffer.Append(item);
        }
    }

    private static async Task<List<(int Item, long Missed)>> ReadAllAsync(ReplayBuffer<int> buffer, CancellationToken cancellationToken = default)
    {
        var items = new List<(int Item, long Missed)>();
        await foreach ((int Item, long Missed) read in buffer.ReadAsync(cancellationToken))
        {
            items.Add(read);
        }

        return items;
    }
}
