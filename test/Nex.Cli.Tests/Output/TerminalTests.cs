using Nex.Cli.Tests.Support;

namespace Nex.Cli.Tests.Output;

/// <summary>What is written to a terminal, which `script` is.</summary>
public sealed class TerminalTests : PlayedNodeTest
{
    [Fact]
    public async Task A_line_that_is_wider_than_the_terminal_stays_one_and_a_table_has_lines()
    {
        string version = new('v', 300);
        string workload = """{"id":"w1","healthy":true,"uptime":"1s","workload":{"name":"echo","runtime":"1s","type":"elf","hash":""}}""";
        await Node.AnswerAsync($"$NEX.INFO.wide.{Node.Id}", "info", $$"""{"version":"{{version}}","uptime":"1s","public_xkey":"X","machines":[{{workload}}]}""");
        string command = $"stty cols 80; {string.Join(' ', NexProgram.Command)} node info {Node.Id} --namespace wide --server {Server.Url}";

        CommandResult result = await NexProgram.RunProgramAsync("sh", "-c", "TERM=xterm script -qec \"$0\" /dev/null </dev/null", command);

        Assert.Contains(version, result.Output, StringComparison.Ordinal);
        Assert.Contains('│', result.Output);
    }
}
