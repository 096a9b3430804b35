using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.Protocol.Tests.Agents;

/// <summary>Every message of the agent protocol as it stands in Golden/: whoever changes one of these files changes the protocol.</summary>
public sealed class AgentMessageTests
{
    private static readonly byte[] Id = "7"u8.ToArray();

    private static readonly AgentDeploy Deploy = new()
    {
        Name = "web",
        Type = "elf",
        Program = "server",
        Argv = ["--port", "8080", "", "größe \U0001F600 \"quoted\" <&>\n"],
        Environment = new Dictionary<string, string> { ["EMPTY"] = "", ["LANG"] = "C.UTF-8" },
        Artifact = new AgentArtifact { Size = 12345, Attached = true },
        PidsLimit = 64,
    };

    [Fact]
    public void Hello() => CheckRequest(
        "hello",
        AgentMethods.Hello,
        new AgentHello { AgentId = "01jd0000000000000000000000", Protocol = AgentHello.CurrentProtocol, Version = "0.1.0", Providers = ["elf"] },
        AgentJsonContext.Default.AgentHello);

    [Fact]
    public void Welcome() => CheckResult("welcome", new AgentWelcome { NodeVersion = "0.1.0" }, AgentJsonContext.Default.AgentWelcome);

    [Fact]
    public void A_guest_that_waits()
    {
        using var writer = new FrameWriter();
        writer.WriteNotification(
            AgentMethods.Waiting, new AgentWaiting { Protocol = AgentHello.CurrentProtocol, Version = "0.1.0" }, AgentJsonContext.Default.AgentWaiting);

        Assert.Equal(AgentMethods.Waiting, CheckFrame("waiting", writer).Method);
    }

    [Fact]
    public void Adoption()
    {
        CheckRequest(
            "adopt",
            AgentMethods.Adopt,
            new AgentAdopt { AgentId = "01jd0000000000000000000000", Entropy = [.. Enumerable.Range(0, 32).Select(number => (byte)number)] },
            AgentJsonContext.Default.AgentAdopt);
        CheckResult("adopted", new AgentAdopted { ClockErrorMs = 1.5 }, AgentJsonContext.Default.AgentAdopted);
    }

    [Fact]
    public void The_clock() => CheckResult("clock", new AgentClock { UnixNs = 1_795_505_799_123_456_700 }, AgentJsonContext.Default.AgentClock);

    [Fact]
    public void A_deploy_with_the_limits_of_a_machine() => CheckRequest(
        "deploy-limits",
        AgentMethods.Deploy,
        Deploy with { Argv = [], Environment = new Dictionary<string, string>(), MemoryLimit = 67_108_864, CpuLimit = 0.5 },
        AgentJsonContext.Default.AgentDeploy);

    [Fact]
    public void Ping()
    {
        var ping = new AgentPing { Sequence = 42 };

        CheckRequest("ping", AgentMethods.Ping, ping, AgentJsonContext.Default.AgentPing);
        CheckResult("pong", ping, AgentJsonContext.Default.AgentPing);
    }

    [Fact]
    public void A_deploy() => CheckRequest("deploy", AgentMethods.Deploy, Deploy, AgentJsonContext.Default.AgentDeploy);

    [Fact]
    public void A_deploy_with_nothing_that_can_be_left_out() => CheckRequest(
        "deploy-least",
        AgentMethods.Deploy,
        Deploy with { Argv = [], Environment = new Dictionary<string, string>(), PidsLimit = null },
        AgentJsonContext.Default.AgentDeploy);

    [Fact]
    public void A_deploy_that_belongs_to_a_trace() => CheckRequest(
        "deploy-trace",
        AgentMethods.Deploy,
        Deploy with
        {
            Argv = [],
            Environment = new Dictionary<string, string>(),
            PidsLimit = null,
            Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        },
        AgentJsonContext.Default.AgentDeploy);

    [Fact]
    public void Started() => CheckResult("started", new AgentStarted { Pid = 4242, ArtifactNs = 1_250_000, StartNs = 700_300 }, AgentJsonContext.Default.AgentStarted);

    [Fact]
    public void A_refused_deploy()
    {
        using var writer = new FrameWriter();
        writer.WriteError(Id, new JsonRpcError(AgentErrors.InvalidArtifact, "The artifact is empty."));

        JsonRpcMessage message = CheckFrame("refused", writer);

        Assert.Equal(new JsonRpcError(AgentErrors.InvalidArtifact, "The artifact is empty."), message.Error);
    }

    [Fact]
    public void An_undeploy()
    {
        CheckRequest("undeploy", AgentMethods.Undeploy, new AgentUndeploy { GraceMs = 10_000 }, AgentJsonContext.Default.AgentUndeploy);
        CheckResult("undeploying", new AgentUndeploying { Stopping = true }, AgentJsonContext.Default.AgentUndeploying);
    }

    [Fact]
    public void A_read_of_the_artifact()
    {
        CheckRequest(
            "artifact.read", AgentMethods.ReadArtifact, new AgentArtifactRead { Offset = 1_048_576, Count = 1_048_576 }, AgentJsonContext.Default.AgentArtifactRead);
        CheckResult("chunk", new AgentArtifactChunk { Data = [0, 1, 2, 0xFE, 0xFF] }, AgentJsonContext.Default.AgentArtifactChunk);
    }

    [Fact]
    public void Output() => CheckNotification(
        "output",
        AgentMethods.Output,
        new AgentOutput
        {
            Lines =
            [
                new AgentOutputLine { Stream = AgentOutputLine.StandardOutput, Text = "größe \U0001F600 \"quoted\" \t\u001b[0m\0" },
                new AgentOutputLine { Stream = AgentOutputLine.StandardError, Text = "the first part", Continues = true },
                new AgentOutputLine { Stream = AgentOutputLine.StandardError, Text = "" },
            ],
        },
        AgentJsonContext.Default.AgentOutput);

    [Fact]
    public void The_end_by_a_code() =>
        CheckNotification("exited-code", AgentMethods.Exited, new AgentExited { Code = 0 }, AgentJsonContext.Default.AgentExited);

    [Fact]
    public void The_end_by_a_signal() =>
        CheckNotification("exited-signal", AgentMethods.Exited, new AgentExited { Signal = 9 }, AgentJsonContext.Default.AgentExited);

    [Theory]
    [InlineData("x", 1, 256 * 1024 / 2)]
    [InlineData("\u0001", 1, 256 * 1024 / 2)]
    [InlineData("", 1, 256 * 1024)]
    [InlineData("\u0001", 128 * 1024 - 1, 2)]
    [InlineData("\u007f", 128 * 1024 - 1, 2)]
    [InlineData("\U0001F600", 32 * 1024 - 1, 2)]
    [InlineData("\u2028", 43_000, 2)]
    public void The_largest_valid_request_fits_into_a_frame(string text, int times, int arguments)
    {
        var request = new DeployRequest { Name = "w", Argv = [.. Enumerable.Repeat(string.Concat(Enumerable.Repeat(text, times)), arguments)] };
        Assert.Empty(DeployRequestValidator.Validate(request));
        using var writer = new FrameWriter();

        writer.WriteRequest(1, AgentMethods.Deploy, Deploy with { Argv = request.Argv }, AgentJsonContext.Default.AgentDeploy);

        Assert.InRange(writer.PendingBytes, 1, LinkLimits.ToAgent);
    }

    [Fact]
    public void The_largest_part_of_an_artifact_fits_into_a_frame()
    {
        using var writer = new FrameWriter();

        writer.WriteResult(Id, new AgentArtifactChunk { Data = new byte[LinkLimits.ArtifactChunk] }, AgentJsonContext.Default.AgentArtifactChunk);

        Assert.InRange(writer.PendingBytes, 1, LinkLimits.ToAgent);
    }

    private static void CheckRequest<T>(string name, string method, T value, JsonTypeInfo<T> type)
    {
        using var writer = new FrameWriter();
        writer.WriteRequest(7, method, value, type);

        JsonRpcMessage message = CheckFrame(name, writer);

        Assert.True(message.IsRequest);
        Assert.Equal(method, message.Method);
        using var again = new FrameWriter();
        again.WriteRequest(7, method, JsonRpcMessage.Read(message.Parameters, type, name), type);
        CheckFrame(name, again);
    }

    private static void CheckResult<T>(string name, T value, JsonTypeInfo<T> type)
    {
        using var writer = new FrameWriter();
        writer.WriteResult(Id, value, type);

        JsonRpcMessage message = CheckFrame(name, writer);

        using var again = new FrameWriter();
        again.WriteResult(Id, JsonRpcMessage.Read(message.Result, type, name), type);
        CheckFrame(name, again);
    }

    private static void CheckNotification<T>(string name, string method, T value, JsonTypeInfo<T> type)
    {
        using var writer = new FrameWriter();
        writer.WriteNotification(method, value, type);

        JsonRpcMessage message = CheckFrame(name, writer);

        Assert.False(message.IsRequest);
        Assert.Equal(method, message.Method);
        using var again = new FrameWriter();
        again.WriteNotification(method, JsonRpcMessage.Read(message.Parameters, type, name), type);
        CheckFrame(name, again);
    }

    /// <summary>Compares the one frame written with its file, which has a newline behind it as every text file here has.</summary>
    private static JsonRpcMessage CheckFrame(string name, FrameWriter writer)
    {
        ReadOnlyMemory<byte> frame = writer.Pending[FrameReader.HeaderBytes..];
        Assert.Equal(frame.Length, BinaryPrimitives.ReadInt32BigEndian(writer.Pending.Span));
        string golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Agents", "Golden", name + ".json"));
        Assert.Equal(golden, Encoding.UTF8.GetString(frame.Span) + "\n");
        return JsonRpcMessage.Parse(frame.ToArray());
    }
}
