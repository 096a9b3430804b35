using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Client.Core;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

/// <summary>
/// Every message that a node sends, byte by byte as it comes, but for what is another each time. In Nex.Control.Tests the same messages are
/// compared with those that were recorded from the Go implementation.
/// </summary>
public sealed partial class GoldenMessageTests(SharedNats nats) : NodeTest(nats)
{
    private readonly TestTime _time = new();
    private readonly Dictionary<string, string> _said = [];
    private readonly Dictionary<string, string> _masks = [];

    [Fact]
    public async Task Replies_events_and_lines_are_those_of_the_golden_files_to_the_byte()
    {
        _time.SetUtcNow(DateTimeOffset.UtcNow);
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.>");
        Milestones<Heard> lines = await Stranger.ListenAsync("$NEX.logs.golden.>");
        await UploadAsync("tree");
        await UploadAsync("write");
        NodeUnderTest node = await StartNodeAsync(
            new NodeOptions { Name = "kind-falcon", Tags = new Dictionary<string, string> { ["simple"] = "true", ["größe"] = "\"1\" <m>" } }, time: _time);
        Mask(node);

        Keep("node-started-event", await EventAsync("node_started", node.Id));
        Keep("ping-response", await AskAsync($"$NEX.PING.{node.Id}"));
        Keep("info-response-without-workloads", await AskAsync($"$NEX.INFO.golden.{node.Id}"));
        string deployed = await AskAsync($"$NEX.DEPLOY.golden.{node.Id}", Stranger.RunRequest(node, "polite", "tree", argv: ["polite"]));
        string id = Mask("WORKLOAD", WorkloadId().Match(deployed).Groups[1].Value);
        Keep("run-response", deployed);
        Keep("workload-started-event", await EventAsync("workload_started", id));
        Keep("log-line-of-the-node", await LineAsync("deployed"));
        Keep("info-response", await AskAsync($"$NEX.INFO.golden.{node.Id}"));
        Keep("workload-ping-response", await AskAsync("$NEX.WPING.golden.polite"));
        Keep("stop-failure", await AskAsync($"$NEX.STOP.golden.{node.Id}", Stranger.StopRequest(node, "nobody", Stranger.Jwt("polite"))));
        Keep("stop-response", await AskAsync($"$NEX.STOP.golden.{node.Id}", Stranger.StopRequest(node, id, Stranger.Jwt("polite"))));
        Keep("workload-stopped-event", await EventAsync("workload_stopped", id));

        string wrote = await AskAsync($"$NEX.DEPLOY.golden.{node.Id}", Stranger.RunRequest(node, "writer", "write", argv: ["lines", "2", "both"]));
        string writer = Mask("WRITER", WorkloadId().Match(wrote).Groups[1].Value);
        Keep("log-line-of-standard-output", await LineAsync("line 0"));
        Keep("log-line-of-standard-error", await LineAsync("line 1"));

        _ = await EventAsync("workload_stopped", writer);

        _time.Advance(node.Node.Status.Uptime + new NodeOptions().HeartbeatInterval);
        Keep("heartbeat-event", await EventAsync("heartbeat", node.Id));
        Keep("lameduck-response", await AskAsync($"$NEX.LAMEDUCK.{node.Id}"));
        Keep("node-entered-lameduck-event", await EventAsync("node_entered_lameduck", node.Id));
        Keep("ping-response-in-lameduck", await AskAsync($"$NEX.PING.{node.Id}"));
        Keep("deploy-failure", await AskAsync($"$NEX.DEPLOY.golden.{node.Id}", Stranger.RunRequest(node, "late", "tree")));
        await node.Node.StopAsync().Within();
        Keep("node-stopped-event", await EventAsync("node_stopped", node.Id));

        string directory = RepositoryFile.Path("test", "Nex.Node.Tests", "Golden");
        Assert.Equal(_said.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(directory).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.All(_said, said => Assert.Equal(File.ReadAllText(Path.Combine(directory, $"{said.Key}.json")), said.Value + "\n"));

        async Task<string> EventAsync(string type, string source) => (await events.FirstAsync(
            heard => heard.Subject.EndsWith($".{type}", StringComparison.Ordinal) && heard.Json.GetProperty("source").GetString() == source)).Text;

        async Task<string> LineAsync(string text) => (await lines.FirstAsync(line => line.Json.GetProperty("text").GetString()!.EndsWith(text, StringComparison.Ordinal))).Text;
    }

    private async Task<string> AskAsync(string subject, string payload = "")
    {
        NatsMsg<byte[]> reply = await Stranger.Connection.RequestAsync<byte[], byte[]>(subject, Encoding.UTF8.GetBytes(payload)).Within(subject);
        return Encoding.UTF8.GetString(reply.Data!);
    }

    private void Mask(NodeUnderTest node)
    {
        _ = Mask("NODE", node.Id);
        _ = Mask("XKEY", node.Identity.PublicXkey);
        _ = Mask("ISSUER", Stranger.Issuer);
        _ = Mask("VERSION", NexNode.Version);
        _ = Mask("\"nex.cpucount\":\"COUNT\"", $"\"nex.cpucount\":\"{Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)}\"");
        _ = Mask("\"nex.arch\":\"ARCHITECTURE\"", $"\"nex.arch\":\"{(RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : "arm64")}\"");
        byte[] program = File.ReadAllBytes(TestPrograms.Path("tree"));
        _ = Mask("SHA-256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(program)));
        _ = Mask("\"total_bytes\":0", $"\"total_bytes\":{program.Length}");
    }

    private string Mask(string name, string value)
    {
        _masks[value] = name;
        return value;
    }

    private void Keep(string name, string text)
    {
        foreach ((string value, string mask) in _masks)
        {
            text = text.Replace(value, mask, StringComparison.Ordinal);
        }

        text = EventId().Replace(text, "\"id\":\"UUID\"");
        text = Time().Replace(text, "\"time\":\"TIME\"");
        text = Memory().Replace(text, "\"memory\":{\"total\":0,\"free\":0,\"available\":0}");
        _said[name] = text;
    }

    [GeneratedRegex("\"id\":\"([0-9a-z]{26})\"")]
    private static partial Regex WorkloadId();

    [GeneratedRegex("\"id\":\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"")]
    private static partial Regex EventId();

    [GeneratedRegex("\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{1,9})?Z\"")]
    private static partial Regex Time();

    [GeneratedRegex("\"memory\":{\"total\":[1-9][0-9]*,\"free\":[1-9][0-9]*,\"available\":[1-9][0-9]*}")]
    private static partial Regex Memory();
}
