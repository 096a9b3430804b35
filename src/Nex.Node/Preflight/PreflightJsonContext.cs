using System.Text.Json.Serialization;

namespace Nex.Node.Preflight;

/// <summary>The report as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true)]
[JsonSerializable(typeof(PreflightReport))]
internal sealed partial class PreflightJsonContext : JsonSerializerContext;
