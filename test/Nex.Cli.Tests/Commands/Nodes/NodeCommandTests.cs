using System.Text.Json.Nodes;
using Nex.Cli.Tests.Support;

namespace Nex.Cli.Tests.Commands.Nodes;

public sealed class NodeCommandTests : NodeTest
{
    [Fact]
    public async Task Nodes_are_listed_for_people_and_for_programs()
    {
        CommandResult people = await SucceedAsync("node", "ls");
        JsonNode programs = await JsonAsync("node", "ls");

        Assert.Contains(Node.Id, people.Output, StringComparison.Ordinal);
        Assert.Contains("big-one", people.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', people.Output);
        Assert.DoesNotContain('│', people.Output);
        Assert.Equal(Node.Id, (string?)Assert.Single(programs.AsArray())!["node_id"]);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    [InlineData("beginning")]
    public async Task A_node_is_found_by_its_name_its_id_and_the_beginning_of_it(string kind)
    {
        string node = kind switch { "name" => "big-one", "id" => Node.Id, _ => Node.Id[..8] };

        JsonNode info = await JsonAsync("node", "info", node);

        Assert.Equal(Node.Id, (string?)info["node_id"]);
        Assert.Equal("eu", (string?)info["tags"]!["region"]);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_exit_code_4()
    {
        CommandResult result = await Home.RunAsync("node", "info", "nobody");

        Assert.Equal(4, result.ExitCode);
        Assert.Contains("'nobody'", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_lame_duck_says_so_and_takes_nothing()
    {
        await SucceedAsync("devrun", BusyBox);
        JsonNode reply = await JsonAsync("lameduck", "big-one");

        CommandResult list = await SucceedAsync("node", "ls");
        CommandResult any = await Home.RunAsync("run", "nats://NEXCLIFILES/busybox");
        CommandResult this_ = await Home.RunAsync("run", "nats://NEXCLIFILES/busybox", Node.Id);

        Assert.True((bool)reply["success"]!);
        Assert.Contains("lame duck", list.Output, StringComparison.Ordinal);
        Assert.Equal(4, any.ExitCode);
        Assert.Contains("lame duck", any.Errors, StringComparison.Ordinal);
        Assert.Equal(3, this_.ExitCode);
    }
}
