using Nex.Protocol.Identifiers;

namespace Nex.Protocol.Tests.Identifiers;

public sealed class SortableIdTests
{
    [Fact]
    public void Ids_are_unique_from_any_thread()
    {
        string[] ids = new string[20_000];

        Parallel.For(0, ids.Length, index => ids[index] = SortableId.Create(TimeProvider.System));

        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Ids_sort_by_the_millisecond_in_which_they_were_made()
    {
        var time = new SettableTime();
        var ids = new List<string>();
        for (int millisecond = 0; millisecond < 2000; millisecond++)
        {
            ids.Add(SortableId.Create(time));
            time.Now += TimeSpan.FromMilliseconds(1 + (millisecond * 37));
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public void An_id_has_only_characters_that_are_safe_everywhere()
    {
        for (int count = 0; count < 1000; count++)
        {
            string id = SortableId.Create(TimeProvider.System);

            Assert.Matches(@"\A[0-9a-z]{26}\z", id);
            Assert.True(SortableId.IsValid(id));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdefghjkmnpqr")]
    [InlineData("0123456789abcdefghjkmnpqrst")]
    [InlineData("0123456789ABCDEFGHJKMNPQRS")]
    [InlineData("0123456789abcdefghjkmnpqri")]
    [InlineData("../3456789abcdefghjkmnpqrs")]
    [InlineData("0123456789abcdefghjkmnpqr\n")]
    public void What_has_another_form_is_no_id(string? text) => Assert.False(SortableId.IsValid(text));

    private sealed class SettableTime : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
