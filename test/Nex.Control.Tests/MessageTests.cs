using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nex.Control.Formats;
using Nex.Control.Messages;

namespace Nex.Control.Tests;

public sealed class MessageTests
{
    private static readonly ControlJsonContext Json = ControlJsonContext.Default;

    [Fact]
    public void Replies_are_read_and_written_as_the_Go_implementation_has_them()
    {
        AssertReply("ping-response", MessageTypes.Ping, Json.PingReply);
        AssertReply("ping-response-in-lameduck", MessageTypes.Ping, Json.PingReply);
        AssertReply("workload-ping-response", MessageTypes.Ping, Json.WorkloadPingReply);
        AssertReply("info-response", MessageTypes.Info, Json.InfoReply);
        AssertReply("info-response-without-workloads", MessageTypes.Info, Json.InfoReply);
        AssertReply("info-response-with-a-function", MessageTypes.Info, Json.InfoReply);
        AssertReply("run-response", MessageTypes.Run, Json.RunReply);
        AssertReply("stop-response", MessageTypes.Stop, Json.StopReply);
        AssertReply("lameduck-response", MessageTypes.LameDuck, Json.LameDuckReply);
    }

    [Theory]
    [InlineData("stop-failure", MessageTypes.Stop, "No such workload")]
    [InlineData("deploy-failure", MessageTypes.Run, "Node is in lame duck mode. Workload deploy request rejected")]
    public void Failures_are_read_and_written_as_the_Go_implementation_has_them(string name, string type, string error)
    {
        Golden.AssertSame(name, Envelope.Failure(type, error));
        ControlException failure = Assert.Throws<ControlException>(() => Envelope.Open(Golden.Bytes(name), type, Json.RunReply));
        Assert.Equal((ControlFault.Refused, error), (failure.Fault, failure.Message));
    }

    [Fact]
    public void Requests_are_read_and_written_as_the_Go_implementation_has_them()
    {
        AssertMessage("deploy-request", Json.RunRequest);
        AssertMessage("deploy-request-of-a-function", Json.RunRequest);
        AssertMessage("stop-request", Json.StopRequest);
        AssertMessage("log-line", Json.LogEntry);
        AssertMessage("log-line-of-a-node", Json.LogEntry);
        RunRequest request = JsonSerializer.Deserialize(Golden.Bytes("deploy-request"), Json.RunRequest)!;
        Assert.Null(request.Location!.TryFind(out string bucket, out string key));
        Assert.Equal(("NEXCLIFILES", "echoservice", "elf"), (bucket, key, request.Type));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{\"type\":\"io.nats.nex.v1.run_response\"}")]
    [InlineData("{\"type\":\"io.nats.nex.v1.run_response\",\"data\":null}")]
    [InlineData("{\"type\":\"io.nats.nex.v1.run_response\",\"data\":{}}")]
    [InlineData("{\"type\":\"io.nats.nex.v1.stop_response\",\"data\":{\"started\":true,\"id\":\"\",\"issuer\":\"\",\"name\":\"\"}}")]
    public void What_is_no_answer_is_said_to_be_none(string answer) => Assert.Equal(
        ControlFault.UnreadableAnswer,
        Assert.Throws<ControlException>(() => Envelope.Open(Encoding.UTF8.GetBytes(answer), MessageTypes.Run, Json.RunReply)).Fault);

    [Theory]
    [InlineData("{\"version\":\"1\",\"uptime\":\"1s\",\"public_xkey\":\"X\",\"machines\":[null]}")]
    [InlineData("{\"version\":\"1\",\"uptime\":\"1s\",\"public_xkey\":\"X\",\"machines\":[],\"supported_workload_types\":[\"elf\",null]}")]
    public void A_list_with_nothing_in_place_of_something_makes_an_answer_none(string data) => Assert.Equal(
        ControlFault.UnreadableAnswer,
        Assert.Throws<ControlException>(() => Envelope.Open(
            Encoding.UTF8.GetBytes($$"""{"type":"io.nats.nex.v1.info_response","data":{{data}}}"""), MessageTypes.Info, Json.InfoReply)).Fault);

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(3.9, "3s")]
    [InlineData(123, "2m3s")]
    [InlineData(3723, "1h2m3s")]
    [InlineData((4 * 86400) + 3723, "4d1h2m3s")]
    [InlineData((369 * 86400) + 3723, "1y4d1h2m3s")]
    public void Uptimes_are_written_as_the_NATS_server_does(double seconds, string text) => Assert.Equal(text, Uptime.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("nats://BUCKET/key", "BUCKET", "key")]
    [InlineData("nats://Bucket_1/a/b%20c", "Bucket_1", "a/b c")]
    public void A_location_may_be_a_plain_string(string url, string bucket, string key)
    {
        ArtifactLocation location = JsonSerializer.Deserialize(Encoding.UTF8.GetBytes($$"""{"location":"{{url}}"}"""), Json.RunRequest)!.Location!;
        Assert.Null(location.TryFind(out string foundBucket, out string foundKey));
        Assert.Equal((bucket, key), (foundBucket, foundKey));
    }

    private static void AssertReply<T>(string name, string type, JsonTypeInfo<T> json) =>
        Golden.AssertSame(name, Envelope.Success(type, Envelope.Open(Golden.Bytes(name), type, json), json));

    private static void AssertMessage<T>(string name, JsonTypeInfo<T> json) =>
        Golden.AssertSame(name, JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize(Golden.Bytes(name), json)!, json));
}
