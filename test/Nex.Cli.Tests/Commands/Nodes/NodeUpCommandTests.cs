using System.Text.Json.Nodes;
using Nex.Cli.Tests.Support;
using Nex.Testing.Nats;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Commands.Nodes;

/// <summary>How the command line, the environment and the configuration go together in what a node is.</summary>
public sealed class NodeUpCommandTests : IDisposable
{
    private readonly NexHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Credentials_of_the_command_line_go_with_the_servers_of_the_configuration()
    {
        await using NatsServer server = await NatsServer.StartAsync("--user", "me", "--pass", "s3cret");
        File.WriteAllText(_home["node.json"], $$"""{ "nats": { "servers": ["{{server.Url}}"], "user": "somebody", "password": "else" } }""");

        await using ProgramUnderTest node = await UpAsync("--config", _home["node.json"], "--user", "me", "--password", "s3cret");

        Assert.Contains(node.Lines.Reached, line => line.Contains(server.Url, StringComparison.Ordinal));
        Assert.DoesNotContain(node.Lines.Reached, line => line.Contains("not used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Credentials_without_a_server_are_said_to_be_without_use()
    {
        await using ProgramUnderTest node = await UpAsync("--creds", "/nonexistent/node.creds", "--tlsca", "/nonexistent/ca.pem");

        string warning = Assert.Single(node.Lines.Reached, line => line.Contains("not used", StringComparison.Ordinal));
        Assert.Contains("--server", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_tells_in_one_line_that_it_is_up()
    {
        await using ProgramUnderTest node = await UpAsync("--json", "--name", "one");

        JsonNode up = JsonNode.Parse(await node.LineAsync(line => line.StartsWith('{')).Within())!;
        Assert.Equal(("one", "none"), ((string?)up["name"], (string?)up["sandbox"]));
        Assert.StartsWith("N", (string?)up["node_id"], StringComparison.Ordinal);
        Assert.StartsWith("nats://127.0.0.1:", (string?)up["nats"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_names_of_the_original_turn_on_metrics()
    {
        await using ProgramUnderTest node = await UpAsync("--metrics", "--metrics_port", "1", "--otel_metrics_exporter", "file");

        Assert.Contains(node.Lines.Reached, line => line.Contains("otel_metrics_exporter: there is no exporter 'file'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_by_its_key()
    {
        CommandResult result = await _home.RunAsync(
            ["node", "up", .. Arguments("qemu"), "--set", $"kernel_filepath={_home["kernel"]}", "--set", $"initramfs_filepath={_home["initramfs"]}"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("(kernel|initramfs)_filepath", result.Errors);
        Assert.DoesNotContain("..", result.Errors.Replace("...", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private string[] Arguments(string sandbox = "none") =>
        ["--sandbox", sandbox, "--data-dir", _home["data"], "--set", $"run_dir={_home["run"]}", "--agent", Path.Combine(AppContext.BaseDirectory, "nex-agent")];

    private async Task<ProgramUnderTest> UpAsync(params string[] options)
    {
        ProgramUnderTest node = await _home.StartAsync(["node", "up", .. Arguments(), .. options]);
        await node.LineAsync(line => line.Contains(" is up: ", StringComparison.Ordinal)).Within();
        return node;
    }
}
