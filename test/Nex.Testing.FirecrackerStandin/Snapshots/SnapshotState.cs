using System.Text.Json.Serialization;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Snapshots;

/// <summary>What a snapshot holds besides QEMU's state and the memory.</summary>
internal sealed record SnapshotState
{
    public required VmDescription Vm { get; init; }

    /// <summary>Of the guest's sockets; a copy begins another.</summary>
    public required ushort Epoch { get; init; }
}

/// <summary>The head of a snapshot's file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(StrictEnumConverter<CpuTemplate>), typeof(StrictEnumConverter<HugePages>), typeof(StrictEnumConverter<CacheType>),
        typeof(StrictEnumConverter<IoEngine>), typeof(StrictEnumConverter<MmdsVersion>),
    ])]
[JsonSerializable(typeof(SnapshotState))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
