namespace Nex.Agent.Tests;

public sealed class AgentOptionsTests
{
    [Fact]
    public void All_three_are_read_in_any_order()
    {
        Assert.True(AgentOptions.TryParse(["--work", "/tmp/x", "--id", "a", "--link", "3"], out AgentOptions? options, out _));

        Assert.Equal(("a", 3, "/tmp/x"), (options.AgentId, options.LinkDescriptor, options.WorkDirectory));
    }

    [Theory]
    [InlineData()]
    [InlineData("--help")]
    [InlineData("--id", "a", "--link", "3")]
    [InlineData("--id", "a", "--link", "3", "--work")]
    [InlineData("--id", "a", "--link", "x", "--work", "/tmp")]
    [InlineData("--id", "a", "--link", "2", "--work", "/tmp")]
    [InlineData("--id", "a", "--link", "-1", "--work", "/tmp")]
    [InlineData("--id", "a", "--link", "3", "--work", "/tmp", "more")]
    public void Anything_else_is_told_how_an_agent_is_started(params string[] args)
    {
        Assert.False(AgentOptions.TryParse(args, out _, out string? fault));

        Assert.StartsWith("Usage: nex-agent --id ID --link DESCRIPTOR --work DIRECTORY.", fault, StringComparison.Ordinal);
    }
}
