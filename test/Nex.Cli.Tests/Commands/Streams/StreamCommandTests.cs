using System.Text.Json.Nodes;
using Nex.Cli.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Commands.Streams;

public sealed class StreamCommandTests : NodeTest
{
    [Fact]
    public async Task Log_lines_are_shown_that_are_asked_for_until_Ctrl_C()
    {
        await using ProgramUnderTest logs = await Home.StartAsync("logs", "--workload_name", "wanted", "--level", "info", "--json");
        await logs.LineAsync(line => line.Contains("Listening", StringComparison.Ordinal)).Within();

        string writer = TestPrograms.Path("write");
        await SucceedAsync("devrun", writer, "--name", "other", "--", "lines", "1");
        await SucceedAsync("devrun", writer, "--name", "wanted", "--namespace", "elsewhere", "--", "lines", "1");
        await SucceedAsync("devrun", writer, "--name", "wanted", "--", "lines", "1");
        string line = await logs.LineAsync(line => line.Contains("line 0", StringComparison.Ordinal)).Within();
        logs.Signal(NexHome.Interrupt);

        Assert.Equal(130, (await logs.EndAsync()).Code);
        JsonNode told = JsonNode.Parse(line)!;
        Assert.Equal(("wanted", "INFO", Node.Id), ((string?)told["workload_name"], (string?)told["level"], (string?)told["node_id"]));
        Assert.All(
            logs.Lines.Reached.Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!),
            line => Assert.Equal(("wanted", "default"), ((string?)line["workload_name"], (string?)line["namespace"])));
    }

    [Fact]
    public async Task Events_are_shown_that_are_asked_for()
    {
        await using ProgramUnderTest events = await Home.StartAsync("events", "--type", "workload_stopped", "--json");
        await events.LineAsync(line => line.Contains("Listening", StringComparison.Ordinal)).Within();

        await SucceedAsync("devrun", BusyBox, "--namespace", "shop", "--", "sh", "-c", "exit 7");

        JsonNode told = JsonNode.Parse(await events.LineAsync(line => line.StartsWith('{')).Within())!;
        Assert.Equal(("shop", "workload_stopped", 7), ((string?)told["namespace"], (string?)told["type"], (int?)told["data"]!["code"]));
    }

    [Fact]
    public async Task A_reader_that_goes_ends_the_stream()
    {
        await using ProgramUnderTest logs = await ProgramUnderTest.StartAsync(
            "/bin/sh",
            ["-c", "\"$@\" | head -n 1; echo ended", "sh", .. NexProgram.Command, "events", "--json", "--server", Server.Url],
            new Dictionary<string, string> { ["HOME"] = "/nonexistent" });
        await logs.LineAsync(line => line.Contains("Listening", StringComparison.Ordinal)).Within();

        await SucceedAsync("devrun", BusyBox, "--", "true");
        await SucceedAsync("devrun", BusyBox, "--", "true");

        await logs.LineAsync(line => line == "ended").Within();
    }

    [Theory]
    [InlineData("logs")]
    [InlineData("events")]
    public async Task It_is_said_when_NATS_goes_and_when_it_is_back(string command)
    {
        await using ProgramUnderTest nex = await Home.StartAsync(command);
        await nex.LineAsync(line => line.Contains("Listening", StringComparison.Ordinal)).Within();

        await Server.RestartAsync();

        await nex.LineAsync(line => line.Contains("connection to NATS is lost", StringComparison.Ordinal)).Within();
        await nex.LineAsync(line => line.Contains("connected to NATS again", StringComparison.Ordinal)).Within();
    }
}
