using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nex.Control.Messages;

namespace Nex.Cli.Output;

/// <summary>What `--json` writes. Documented in docs/cli.md: names are kept, and added to.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(IReadOnlyList<PingReply>))]
[JsonSerializable(typeof(IReadOnlyList<WorkloadPingReply>))]
[JsonSerializable(typeof(NodeInfoDocument))]
[JsonSerializable(typeof(LameDuckReply))]
[JsonSerializable(typeof(StoppedDocument))]
[JsonSerializable(typeof(DeployedDocument))]
[JsonSerializable(typeof(EndedDocument))]
[JsonSerializable(typeof(LogDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(IReadOnlyList<KeyDocument>))]
[JsonSerializable(typeof(KernelDocument))]
[JsonSerializable(typeof(ImageDocument))]
[JsonSerializable(typeof(NodeUpDocument))]
[JsonSerializable(typeof(CompletionDocument))]
internal sealed partial class CliJsonContext : JsonSerializerContext
{
    /// <summary>Readable as it stands: letters of other alphabets are not escaped.</summary>
    internal static CliJsonContext Readable =>
        field ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
