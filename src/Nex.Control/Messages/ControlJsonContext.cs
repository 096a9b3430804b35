using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nex.Control.Events;

namespace Nex.Control.Messages;

/// <summary>The JSON of the control API: names in snake case, and nothing where there is nothing. Unknown names are skipped.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(PingReply))]
[JsonSerializable(typeof(WorkloadPingReply))]
[JsonSerializable(typeof(InfoReply))]
[JsonSerializable(typeof(RunReply))]
[JsonSerializable(typeof(StopReply))]
[JsonSerializable(typeof(LameDuckReply))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(StopRequest))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(NodeStarted))]
[JsonSerializable(typeof(NodeStopped))]
[JsonSerializable(typeof(NodeEnteredLameDuck))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(WorkloadStarted))]
[JsonSerializable(typeof(WorkloadStopped))]
[JsonSerializable(typeof(FunctionSucceeded))]
[JsonSerializable(typeof(FunctionFailed))]
[JsonSerializable(typeof(Claims.ClaimsHeader))]
[JsonSerializable(typeof(Claims.ClaimsBody))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ControlJsonContext : JsonSerializerContext
{
    /// <summary>The same, with text as it is where JSON allows it: what is written in another alphabet is not six times as long.</summary>
    internal static ControlJsonContext Readable =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
