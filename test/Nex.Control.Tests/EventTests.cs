using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CloudNative.CloudEvents;
using Nex.Control.Events;
using Nex.Control.Messages;

namespace Nex.Control.Tests;

public sealed class EventTests
{
    private static readonly ControlJsonContext Json = ControlJsonContext.Default;

    [Fact]
    public void Events_are_read_and_written_as_the_contract_has_them()
    {
        AssertEvent("node-started-event", EventTypes.NodeStarted, Json.NodeStarted);
        AssertEvent("node-stopped-event", EventTypes.NodeStopped, Json.NodeStopped);
        AssertEvent("node-entered-lameduck-event", EventTypes.NodeEnteredLameDuck, Json.NodeEnteredLameDuck);
        AssertEvent("heartbeat-event", EventTypes.Heartbeat, Json.Heartbeat);
        AssertEvent("workload-started-event-with-size", EventTypes.WorkloadStarted, Json.WorkloadStarted);
        AssertEvent("workload-stopped-event", EventTypes.WorkloadStopped, Json.WorkloadStopped);
        AssertEvent("function-succeeded-event", EventTypes.FunctionSucceeded, Json.FunctionSucceeded);
        AssertEvent("function-failed-event", EventTypes.FunctionFailed, Json.FunctionFailed);
    }

    [Fact]
    public void An_event_of_the_Go_implementation_that_lacks_the_size_is_read()
    {
        CloudEvent read = EventEnvelope.Read(Golden.Bytes("workload-started-event"));
        WorkloadStarted data = ((JsonElement)read.Data!).Deserialize(Json.WorkloadStarted)!;
        Assert.Equal(("echoservice", 0, 0L), (data.WorkloadName, data.Code, data.TotalBytes));
        Assert.Equal("dc2foj9ksdue5angnvmg", read.Source!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"\",\"type\":\"\"}")]
    [InlineData("{\"specversion\":\"9.0\",\"id\":\"a\",\"source\":\"b\",\"type\":\"c\"}")]
    public void What_is_no_event_is_said_to_be_none(string text) =>
        Assert.Equal(ControlFault.UnreadableAnswer, Assert.Throws<ControlException>(() => EventEnvelope.Read(Encoding.UTF8.GetBytes(text))).Fault);

    private static void AssertEvent<T>(string name, string type, JsonTypeInfo<T> json)
    {
        CloudEvent read = EventEnvelope.Read(Golden.Bytes(name));
        Assert.Equal(type, read.Type);
        T data = ((JsonElement)read.Data!).Deserialize(json)!;
        JsonObject written = JsonNode.Parse(EventEnvelope.Write(Guid.NewGuid(), type, read.Source!.ToString(), data, json, read.Time!.Value))!.AsObject();
        JsonObject golden = Golden.Json(name);
        // Ids are new each time, and times have as many digits as the clock.
        Assert.True(Guid.TryParse(written["id"]!.GetValue<string>(), out _));
        Assert.Equal(Time(golden), Time(written));
        written["id"] = golden["id"]!.DeepClone();
        written["time"] = golden["time"]!.DeepClone();
        Assert.True(JsonNode.DeepEquals(golden, written), $"{golden.ToJsonString()}\n{written.ToJsonString()}");
    }

    private static DateTimeOffset Time(JsonObject envelope) =>
        DateTimeOffset.ParseExact(envelope["time"]!.GetValue<string>()[..23] + "Z", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
