using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>
/// The JSON of Firecracker's API: names in snake case where a property has no other, and nothing where there is nothing. What an answer has in
/// addition is left aside, since a newer version may say more.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ApiFault))]
[JsonSerializable(typeof(Balloon))]
[JsonSerializable(typeof(BalloonHintingStart))]
[JsonSerializable(typeof(BalloonHintingStatus))]
[JsonSerializable(typeof(BalloonStatistics))]
[JsonSerializable(typeof(BalloonStatisticsUpdate))]
[JsonSerializable(typeof(BalloonUpdate))]
[JsonSerializable(typeof(BootSource))]
[JsonSerializable(typeof(Drive))]
[JsonSerializable(typeof(DriveUpdate))]
[JsonSerializable(typeof(EntropyDevice))]
[JsonSerializable(typeof(InstanceAction))]
[JsonSerializable(typeof(InstanceInfo))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(LoggerConfiguration))]
[JsonSerializable(typeof(MachineConfiguration))]
[JsonSerializable(typeof(MachineConfigurationUpdate))]
[JsonSerializable(typeof(MemoryHotplugConfiguration))]
[JsonSerializable(typeof(MemoryHotplugStatus))]
[JsonSerializable(typeof(MemoryHotplugUpdate))]
[JsonSerializable(typeof(MetricsConfiguration))]
[JsonSerializable(typeof(MmdsConfiguration))]
[JsonSerializable(typeof(NetworkInterface))]
[JsonSerializable(typeof(NetworkInterfaceUpdate))]
[JsonSerializable(typeof(PmemDevice))]
[JsonSerializable(typeof(PmemDeviceUpdate))]
[JsonSerializable(typeof(SerialDevice))]
[JsonSerializable(typeof(SnapshotCreation))]
[JsonSerializable(typeof(SnapshotLoad))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(VmConfiguration))]
[JsonSerializable(typeof(VmStateUpdate))]
[JsonSerializable(typeof(VsockDevice))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
