using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>Bodies of requests and answers: nothing unknown, nothing twice, nothing missing, no other case, no null where a value belongs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(LogLevelConverter), typeof(StrictEnumConverter<CpuTemplate>), typeof(StrictEnumConverter<HugePages>),
        typeof(StrictEnumConverter<CacheType>), typeof(StrictEnumConverter<IoEngine>), typeof(StrictEnumConverter<MmdsVersion>),
        typeof(StrictEnumConverter<InstanceAction>), typeof(StrictEnumConverter<VmState>), typeof(StrictEnumConverter<SnapshotType>),
        typeof(StrictEnumConverter<MemoryBackendType>), typeof(StrictEnumConverter<SnapshotHugePages>),
    ])]
[JsonSerializable(typeof(ActionRequest))]
[JsonSerializable(typeof(Balloon))]
[JsonSerializable(typeof(BalloonHintingStart))]
[JsonSerializable(typeof(BalloonHintingStatus))]
[JsonSerializable(typeof(BalloonStatistics))]
[JsonSerializable(typeof(BalloonStatisticsUpdate))]
[JsonSerializable(typeof(BalloonUpdate))]
[JsonSerializable(typeof(BootSource))]
[JsonSerializable(typeof(CpuConfiguration))]
[JsonSerializable(typeof(Drive))]
[JsonSerializable(typeof(DriveUpdate))]
[JsonSerializable(typeof(EntropyDevice))]
[JsonSerializable(typeof(Fault))]
[JsonSerializable(typeof(FullConfiguration))]
[JsonSerializable(typeof(InstanceInformation))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(LoggerConfiguration))]
[JsonSerializable(typeof(MachineConfiguration))]
[JsonSerializable(typeof(MachineConfigurationUpdate))]
[JsonSerializable(typeof(MetricsConfiguration))]
[JsonSerializable(typeof(MmdsConfiguration))]
[JsonSerializable(typeof(NetworkInterface))]
[JsonSerializable(typeof(NetworkInterfaceUpdate))]
[JsonSerializable(typeof(SerialDevice))]
[JsonSerializable(typeof(SnapshotCreateRequest))]
[JsonSerializable(typeof(SnapshotLoadRequest))]
[JsonSerializable(typeof(VersionInformation))]
[JsonSerializable(typeof(VmStateRequest))]
[JsonSerializable(typeof(VsockDevice))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <exception cref="ApiFaultException">It is not what it should be.</exception>
    internal static T Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw Faults.Json("invalid type: null");
        }
        catch (JsonException failure)
        {
            throw Faults.Json(Reason(failure));
        }
    }

    /// <summary>The parser's reason, without the names of types of this program.</summary>
    private static string Reason(JsonException failure)
    {
        string message = failure.Message;
        int end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        message = end < 0 ? message : message[..end];
        string[] quoted = message.Split('\'');
        string reason = quoted switch
        {
            [_, var name, ..] when message.Contains("could not be mapped", StringComparison.Ordinal) => $"unknown field `{name}`",
            [_, .. var names, _] when message.Contains("missing required", StringComparison.Ordinal) => $"missing field `{names[^1]}`",
            [_, var name, ..] when message.Contains("uplicate", StringComparison.Ordinal) => $"duplicate field `{name}`",
            _ => message.TrimEnd('.'),
        };
        return failure.LineNumber is { } line ? $"{reason} at line {line + 1} column {failure.BytePositionInLine}" : reason;
    }
}

/// <summary>An answer to a request that was refused.</summary>
internal sealed record Fault
{
    public required string FaultMessage { get; init; }
}
