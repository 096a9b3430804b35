using System.Text.Json.Nodes;
using Nex.Cli.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Commands.Workloads;

public sealed class WorkloadCommandTests : NodeTest
{
    private const string Forever = "sleep 1000";

    private static readonly string Silent = TestPrograms.Path("silent");

    [Fact]
    public async Task A_local_program_is_put_on_a_node_and_stopped_by_its_name()
    {
        JsonNode deployed = await JsonAsync("devrun", BusyBox, "--", "sh", "-c", Forever);
        JsonNode found = await JsonAsync("node", "probe", "busybox");
        JsonNode stopped = await JsonAsync("stop", "busybox");
        JsonNode left = await JsonAsync("node", "probe", "busybox");

        string id = (string)deployed["id"]!;
        Assert.Equal(("busybox", Node.Id, true), ((string?)deployed["name"], (string?)deployed["node_id"], (bool?)deployed["uploaded"]));
        Assert.Equal(id, (string?)found[0]!["running_machines"]![0]!["id"]);
        Assert.Equal((Node.Id, id, true), ((string?)stopped["node_id"], (string?)stopped["id"], (bool?)stopped["stopped"]));
        Assert.Empty(left.AsArray());
    }

    [Fact]
    public async Task A_program_that_is_there_is_not_uploaded_again_and_can_be_run_from_there()
    {
        JsonNode first = await JsonAsync("devrun", Silent, "--name", "one", "--bucket", "mine");
        JsonNode again = await JsonAsync("devrun", Silent, "--name", "one", "--bucket", "mine");
        JsonNode run = await JsonAsync("run", "nats://mine/one", "big-one", "A=B", "--name", "two", "--hash", (string)first["hash"]!);
        JsonNode info = await JsonAsync("node", "info", "big-one");

        Assert.False((bool)again["uploaded"]!);
        Assert.Equal(
            new[] { ("one", (string)again["id"]!), ("two", (string)run["id"]!) },
            info["machines"]!.AsArray().Select(machine => ((string)machine!["workload"]!["name"]!, (string)machine["id"]!)).Order());
    }

    [Fact]
    public async Task One_that_runs_is_replaced_unless_that_is_not_wanted()
    {
        string first = (string)(await JsonAsync("devrun", Silent))["id"]!;
        string second = (string)(await JsonAsync("devrun", Silent))["id"]!;
        string elsewhere = (string)(await JsonAsync("devrun", Silent, "--namespace", "other"))["id"]!;
        JsonNode replaced = await JsonAsync("node", "probe", "silent");
        string third = (string)(await JsonAsync("devrun", Silent, "--no-stop"))["id"]!;
        JsonNode both = await JsonAsync("node", "probe", "silent");
        JsonNode other = await JsonAsync("node", "probe", "silent", "--namespace", "other");

        Assert.NotEqual(first, second);
        Assert.Equal([second], Ids(replaced));
        Assert.Equal([second, third], Ids(both));
        Assert.Equal([elsewhere], Ids(other));

        static IEnumerable<string> Ids(JsonNode answer) => answer[0]!["running_machines"]!.AsArray().Select(workload => (string)workload!["id"]!).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        CommandResult result = await SucceedAsync("devrun", BusyBox, "--follow", "--argv", "echo", "--argv", "@everyone");

        Assert.Equal("@everyone", result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    [Fact]
    public async Task A_long_line_stays_one_line()
    {
        CommandResult result = await SucceedAsync("devrun", BusyBox, "--follow", "--", "sh", "-c", "head -c 60000 /dev/zero | tr '\\0' x; echo");

        Assert.Contains(new string('x', 60_000), result.Output.Split('\n'));
    }

    [Fact]
    public async Task What_it_writes_is_followed_to_its_end_with_arguments_and_variables_whole()
    {
        CommandResult result = await SucceedAsync(
            "devrun", BusyBox, "GREETING=good  day", "--follow", "--argv", "sh", "--argv", "-c", "--", "for a in \"$@\"; do echo \"<$a>\"; done; echo \"$GREETING\"", "sh", "two  words", "", "--json");

        Assert.Equal(["<two  words>", "<>", "<--json>", "good  day"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]);
        Assert.Contains("nex: Workload busybox deployed", result.Errors, StringComparison.Ordinal);
        Assert.Contains("ended with code 0", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_the_workload_is_one_of_the_command_and_JSON_tells_all()
    {
        CommandResult result = await Home.RunAsync("devrun", BusyBox, "--follow", "--json", "--", "sh", "-c", "echo bad >&2; exit 3");

        Assert.Equal(1, result.ExitCode);
        JsonNode[] lines = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(["deployed", "log", "log", "ended"], lines.Select(line => (string?)line["type"]));
        Assert.Equal(("node", "workload"), ((string?)lines[1]["source"], (string?)lines[2]["source"]));
        Assert.Equal(("bad", "ERROR"), ((string?)lines[2]["text"], (string?)lines[2]["level"]));
        Assert.Equal(3, (int)lines[3]["code"]!);
    }

    [Fact]
    public async Task Ctrl_C_stops_what_is_followed()
    {
        await using ProgramUnderTest nex = await Home.StartAsync("devrun", BusyBox, "--follow", "--", "sh", "-c", "echo up; " + Forever);
        await nex.LineAsync(line => line == "up").Within();

        nex.Signal(NexHome.Interrupt);

        Assert.Equal(130, (await nex.EndAsync()).Code);
        Assert.Empty((await JsonAsync("node", "probe")).AsArray());
    }

    [Fact]
    public async Task What_it_writes_when_Ctrl_C_stops_it_and_its_end_are_shown_too()
    {
        await using ProgramUnderTest nex = await Home.StartAsync(
            "devrun", BusyBox, "--follow", "--json", "--", "sh", "-c", "trap 'echo down; exit 7' TERM; echo up; while :; do sleep 1; done");
        await nex.LineAsync(line => line.Contains("\"up\"", StringComparison.Ordinal)).Within();

        nex.Signal(NexHome.Interrupt);

        Assert.Equal(130, (await nex.EndAsync()).Code);
        JsonNode[] lines = [.. nex.Lines.Reached.Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!)];
        Assert.Contains(lines, line => (string?)line["text"] == "down");
        Assert.Equal(("ended", 7), ((string?)lines[^1]["type"], (int?)lines[^1]["code"]));
    }

    [Fact]
    public async Task A_node_that_is_killed_ends_what_is_followed_with_an_exit_code_of_its_own()
    {
        await using ProgramUnderTest node = await Home.StartAsync(
            "node", "up", "--name", "doomed", "--sandbox", "none", "--data-dir", Home["data"], "--set", $"run_dir={Home["run"]}", "--agent", Path.Combine(AppContext.BaseDirectory, "nex-agent"));
        await node.LineAsync(line => line.Contains(" is up: ", StringComparison.Ordinal)).Within();
        await using ProgramUnderTest nex = await Home.StartAsync("devrun", BusyBox, "--follow", "--node", "doomed", "--", "sh", "-c", "echo up; " + Forever);
        await nex.LineAsync(line => line == "up").Within();

        await node.KillAsync();

        Assert.Equal(4, (await nex.EndAsync()).Code);
        Assert.Contains(nex.Lines.Reached, line => line.Contains("has not answered for 15 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_workload_that_writes_escape_sequences_does_not_reach_the_terminal()
    {
        CommandResult result = await SucceedAsync("devrun", BusyBox, "--follow", "--", "printf", "\\033]0;gotcha\\007\\n");

        Assert.DoesNotContain('\x1b', result.Output + result.Errors);
        Assert.Contains("\\x1b]0;gotcha\\x07", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_node_is_chosen_by_tags()
    {
        await SucceedAsync("devrun", BusyBox, "--tag", "region=eu");
        CommandResult none = await Home.RunAsync("devrun", BusyBox, "--tag", "region=us");

        Assert.Equal(4, none.ExitCode);
        Assert.Contains("has region=eu, not us", none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_else_cannot_stop_it()
    {
        await SucceedAsync("devrun", BusyBox, "--", "sh", "-c", Forever);
        using var stranger = new NexHome(Server.Url);
        await stranger.RunAsync("keys", "make");

        CommandResult result = await stranger.RunAsync("stop", "busybox");
        CommandResult elsewhere = await stranger.RunAsync("stop", "busybox", "--namespace", "other");

        Assert.Equal(3, result.ExitCode);
        Assert.Equal(4, elsewhere.ExitCode);
        Assert.Single((await JsonAsync("node", "probe", "busybox")).AsArray());
    }
}
