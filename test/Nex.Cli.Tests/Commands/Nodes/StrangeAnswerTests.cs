using Nex.Cli.Tests.Support;

namespace Nex.Cli.Tests.Commands.Nodes;

/// <summary>Nodes that answer what no node should.</summary>
public sealed class StrangeAnswerTests : PlayedNodeTest
{
    [Theory]
    [InlineData("probe")]
    [InlineData("stop")]
    public async Task Nothing_in_place_of_a_workload_is_no_answer(string command)
    {
        string answer = $$"""{"node_id":"{{Node.Id}}","version":"1","uptime":"1s","target_xkey":"X","running_machines":[null]}""";
        await Node.AnswerAsync("$NEX.WPING.default.echo", "ping", answer);
        await Home.RunAsync("keys", "make");

        CommandResult result = await Home.RunAsync(command == "probe" ? ["node", "probe", "echo"] : ["stop", "echo"]);

        Assert.Equal(command == "probe" ? 0 : 4, result.ExitCode);
        Assert.StartsWith("nex: No node says", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"machines\":[null]")]
    [InlineData("\"machines\":[],\"supported_workload_types\":[null]")]
    public async Task Nothing_in_place_of_a_part_of_what_a_node_is_can_not_be_read(string part)
    {
        await Node.AnswerAsync($"$NEX.INFO.strange.{Node.Id}", "info", $$"""{"version":"1","uptime":"1s","public_xkey":"X",{{part}}}""");

        CommandResult result = await Home.RunAsync("node", "info", Node.Id, "--namespace", "strange");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("The answer is none of the control API", result.Errors, StringComparison.Ordinal);
    }
}
