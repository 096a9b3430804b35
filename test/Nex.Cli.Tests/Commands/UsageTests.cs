using Nex.Cli.Tests.Support;

namespace Nex.Cli.Tests.Commands;

public sealed class UsageTests : IDisposable
{
    private readonly NexHome _home = new("nats://127.0.0.1:1");

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("'frob'", "frob")]
    [InlineData("'url'", "run")]
    [InlineData("--timeout soon", "node", "ls", "--timeout", "soon")]
    [InlineData("a: write it as KEY=VALUE", "devrun", "/bin/true", "--tag", "a")]
    [InlineData("KEY=VALUE", "devrun", "/bin/true", "novalue")]
    [InlineData("/nonexistent does not exist", "devrun", "/nonexistent")]
    [InlineData("is a directory", "devrun", "/")]
    [InlineData("neither a Linux program", "devrun", "/etc/passwd")]
    [InlineData("'*' is no namespace", "node", "probe", "--namespace", "*")]
    [InlineData("no NATS context 'none'", "node", "ls", "--context", "none")]
    public async Task What_cannot_be_meant_is_exit_code_2_with_a_hint(string hint, params string[] arguments)
    {
        CommandResult result = await _home.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("nex: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task NATS_that_is_not_there_is_exit_code_5()
    {
        CommandResult result = await _home.RunAsync("node", "ls");

        Assert.Equal(5, result.ExitCode);
        Assert.Contains("nats://127.0.0.1:1", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Help_shows_examples() =>
        Assert.Contains("nex devrun ./echo", (await NexProgram.RunAsync("devrun", "--help")).Output, StringComparison.Ordinal);

    [Fact]
    public async Task The_version_is_told() =>
        Assert.Matches("^nex [0-9]+\\.[0-9]+\\.[0-9]+", (await NexProgram.RunAsync("--version")).Output);

    [Theory]
    [InlineData("nex no", "node")]
    [InlineData("nex node l", "ls")]
    [InlineData("nex yeet --fol", "--follow")]
    [InlineData("nex completion ", "fish")]
    public async Task Shells_are_told_what_can_come_next(string line, string expected)
    {
        CommandResult result = await NexProgram.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Contains(expected, result.Output.Split('\n'));
    }
}
