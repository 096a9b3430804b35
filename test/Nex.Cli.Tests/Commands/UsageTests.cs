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
    [InlineData("its scheme is 'http'", "run", "http://example.com/echo")]
    [InlineData("'frob' is no type of workload", "run", "nats://b/echo", "--type", "frob")]
    [InlineData("64 lower-case hexadecimal digits", "run", "nats://b/echo", "--hash", "abc")]
    [InlineData("lower-case letters", "run", "nats://b/echo", "--name", "No.Name")]
    [InlineData("the tags choose the node", "run", "nats://b/echo", "NBTA", "--tag", "a=b")]
    [InlineData("--stop and --no-stop", "devrun", "/bin/busybox", "--stop", "--no-stop")]
    [InlineData("lower-case letters", "devrun", "/bin/busybox", "--name", "No.Name")]
    public async Task What_cannot_be_meant_is_exit_code_2_with_a_hint(string hint, params string[] arguments)
    {
        CommandResult result = await _home.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("nex: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.False(Directory.Exists(_home["config"]), "Keys were made.");
    }

    [Fact]
    public async Task A_pipe_is_no_program()
    {
        CommandResult result = await NexProgram.RunProgramAsync(["bash", "-c", "\"$@\" devrun <(cat /bin/busybox)", "bash", .. NexProgram.Command]);

        Assert.Equal(2, result.ExitCode);
        Assert.Matches("^nex: /.* is no file that can be read twice", result.Errors);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("[suggest:4]", "nex ")]
    [InlineData("completion", "bash")]
    public async Task A_reader_that_has_gone_is_no_crash(params string[] arguments)
    {
        // What is written to has no reader any more when nex begins.
        const string script = "exec 3> >(:); wait $!; \"$@\" >&3; echo \"code $?\" >&2";

        CommandResult result = await NexProgram.RunProgramAsync(["bash", "-c", script, "bash", .. NexProgram.Command, .. arguments]);

        Assert.DoesNotContain("Unhandled", result.Errors, StringComparison.Ordinal);
        Assert.EndsWith("code 1\n", result.Errors, StringComparison.Ordinal);
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
