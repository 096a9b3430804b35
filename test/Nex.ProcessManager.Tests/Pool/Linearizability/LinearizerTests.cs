namespace Nex.ProcessManager.Tests.Pool.Linearizability;

/// <summary>A proof is only worth something when it can fail.</summary>
public sealed class LinearizerTests
{
    private const string First = "agent-1";
    private const string Second = "agent-2";

    private readonly List<PoolEvent> _events = [];
    private long _clock;

    [Fact]
    public void The_agent_that_has_been_warm_longest_is_taken_first()
    {
        Warm(First);
        Warm(Second);
        PrepareNext("a", First);
        PrepareNext("b", Second);

        AssertExplained();
    }

    [Fact]
    public void Another_than_the_agent_that_has_been_warm_longest_is_not_taken()
    {
        Warm(First);
        Warm(Second);
        PrepareNext("a", Second);

        AssertNotExplained();
    }

    [Fact]
    public void Of_two_that_become_warm_at_once_either_may_be_the_first()
    {
        Add(Act.Warm, First, from: 1, to: 4);
        Add(Act.Warm, Second, from: 2, to: 3);
        Add(Act.PrepareNext, request: "a", answer: First, from: 5, to: 6);

        AssertExplained();
    }

    [Fact]
    public void An_agent_is_not_taken_twice()
    {
        Warm(First);
        Add(Act.PrepareNext, request: "a", answer: First, from: 2, to: 5);
        Add(Act.Prepare, First, "b", from: 3, to: 4);

        AssertNotExplained();
    }

    [Fact]
    public void An_agent_is_not_taken_before_it_is_warm()
    {
        Add(Act.PrepareNext, request: "a", answer: First, from: 1, to: 2);
        Add(Act.Warm, First, from: 3, to: 4);

        AssertNotExplained();
    }

    [Theory]
    [InlineData(First, Second, true)]
    [InlineData(Second, First, false)]
    public void Who_came_first_is_served_first(string toFirst, string toSecond, bool canBe)
    {
        Add(Act.PrepareNext, request: "a", answer: toFirst, from: 1, to: 20);
        Add(Act.Count, answer: "0 0 1", from: 2, to: 3);
        Add(Act.PrepareNext, request: "b", answer: toSecond, from: 4, to: 20);
        Add(Act.Count, answer: "0 0 2", from: 5, to: 6);
        Add(Act.Warm, First, from: 7, to: 8);
        Add(Act.Warm, Second, from: 9, to: 10);

        Assert.Equal(canBe, IsExplained());
    }

    [Fact]
    public void A_warm_agent_goes_to_who_waits()
    {
        Add(Act.PrepareNext, request: "a", answer: First, from: 1, to: 20);
        Add(Act.Count, answer: "0 0 1", from: 2, to: 3);
        Add(Act.Warm, First, from: 4, to: 5);
        Add(Act.Count, answer: "1 0 1", from: 6, to: 7);

        AssertNotExplained();
    }

    [Theory]
    [InlineData("1 0 0", true)]
    [InlineData("0 1 0", false)]
    public void A_cancelled_wait_loses_no_agent(string afterwards, bool canBe)
    {
        Add(Act.PrepareNext, request: "a", answer: PoolEvent.Cancelled, from: 1, to: 10);
        Add(Act.Cancel, request: "a", from: 2, to: 9);
        Add(Act.Warm, First, from: 3, to: 8);
        Add(Act.Count, answer: afterwards, from: 11, to: 12);

        Assert.Equal(canBe, IsExplained());
    }

    [Fact]
    public void A_list_has_what_was_prepared_before()
    {
        Warm(First);
        PrepareNext("a", First);
        Then(Act.List, answer: "");

        AssertNotExplained();
    }

    [Fact]
    public void A_dead_agent_is_not_given_to_who_waits()
    {
        Add(Act.Warm, First, from: 1, to: 2);
        Add(Act.Die, First, from: 3, to: 4);
        Add(Act.PrepareNext, request: "a", answer: First, from: 5, to: 6);

        AssertNotExplained();
    }

    [Theory]
    [InlineData(nameof(ProcessManagerError.UnknownId), true)]
    [InlineData(PoolEvent.Done, false)]
    public void What_is_gone_is_unknown(string answer, bool canBe)
    {
        Warm(First);
        Then(Act.Stop, First);
        Then(Act.Remove, First);
        Then(Act.Stop, First, answer: answer);

        Assert.Equal(canBe, IsExplained());
    }

    [Theory]
    [InlineData(nameof(ProcessManagerError.LameDuck), true)]
    [InlineData(First, false)]
    public void In_lame_duck_nobody_is_served(string answer, bool canBe)
    {
        Warm(First);
        Then(Act.LameDuck);
        PrepareNext("a", answer);

        Assert.Equal(canBe, IsExplained());
    }

    [Fact]
    public void An_agent_that_was_told_to_stop_does_not_become_warm()
    {
        Then(Act.Stop, First);
        Warm(First);

        AssertNotExplained();
    }

    private void Warm(string agent) => Then(Act.Warm, agent);

    private void PrepareNext(string request, string answer) => Then(Act.PrepareNext, request: request, answer: answer);

    /// <summary>Behind all that was before.</summary>
    private void Then(Act act, string agent = "", string request = "", string answer = PoolEvent.Done) => Add(act, agent, request, answer, ++_clock, ++_clock);

    private void Add(Act act, string agent = "", string request = "", string answer = PoolEvent.Done, long from = 0, long to = 0)
    {
        _clock = Math.Max(_clock, to);
        _events.Add(new PoolEvent { Act = act, Agent = agent, Request = request, Answer = answer, From = from, To = to });
    }

    private bool IsExplained() => Linearizer.Explains(new PoolModel([First, Second]), _events);

    private void AssertExplained() => Assert.True(IsExplained());

    private void AssertNotExplained() => Assert.False(IsExplained());
}
