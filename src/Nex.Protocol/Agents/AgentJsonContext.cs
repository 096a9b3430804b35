using System.Text.Json.Serialization;

namespace Nex.Protocol.Agents;

/// <summary>The JSON of the agent protocol: names in snake case, and nothing where there is nothing.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(AgentHello))]
[JsonSerializable(typeof(AgentWelcome))]
[JsonSerializable(typeof(AgentWaiting))]
[JsonSerializable(typeof(AgentAdopt))]
[JsonSerializable(typeof(AgentAdopted))]
[JsonSerializable(typeof(AgentClock))]
[JsonSerializable(typeof(AgentPing))]
[JsonSerializable(typeof(AgentDeploy))]
[JsonSerializable(typeof(AgentStarted))]
[JsonSerializable(typeof(AgentUndeploy))]
[JsonSerializable(typeof(AgentUndeploying))]
[JsonSerializable(typeof(AgentArtifactRead))]
[JsonSerializable(typeof(AgentArtifactChunk))]
[JsonSerializable(typeof(AgentOutput))]
[JsonSerializable(typeof(AgentExited))]
internal sealed partial class AgentJsonContext : JsonSerializerContext;
