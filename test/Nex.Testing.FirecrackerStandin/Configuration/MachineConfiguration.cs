using System.Text.Json.Serialization;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Configuration;

internal enum CpuTemplate
{
    C3,
    T2,
    T2S,
    T2CL,
    T2A,
    V1N1,
    None,
}

internal enum HugePages
{
    None,
    Transparent,
    [JsonStringEnumMemberName("2M")]
    TwoMebibytes,
}

/// <summary>The processor and the memory of the guest.</summary>
internal sealed record MachineConfiguration
{
    private const int MaxProcessors = 32;

    internal static readonly MachineConfiguration Default = new() { VcpuCount = 1, MemSizeMib = 128 };

    public required byte VcpuCount { get; init; }

    public required ulong MemSizeMib { get; init; }

    public bool Smt { get; init; }

    public CpuTemplate? CpuTemplate { get; init; }

    public bool TrackDirtyPages { get; init; }

    public HugePages HugePages { get; init; }

    /// <exception cref="ApiFaultException">It cannot be had.</exception>
    internal MachineConfiguration Checked()
    {
        if (VcpuCount is 0 or > MaxProcessors || (Smt && VcpuCount > 1 && VcpuCount % 2 == 1))
        {
            throw Faults.MachineConfig(Faults.InvalidVcpuCount);
        }

        if (MemSizeMib == 0 || (HugePages == HugePages.TwoMebibytes && MemSizeMib % 2 == 1))
        {
            throw Faults.MachineConfig(Faults.InvalidMemorySize);
        }

        return this with { CpuTemplate = CpuTemplate == Configuration.CpuTemplate.None ? null : CpuTemplate };
    }
}

/// <summary>A change of some of it.</summary>
internal sealed record MachineConfigurationUpdate
{
    public byte? VcpuCount { get; init; }

    public ulong? MemSizeMib { get; init; }

    public bool? Smt { get; init; }

    public CpuTemplate? CpuTemplate { get; init; }

    public bool? TrackDirtyPages { get; init; }

    public HugePages? HugePages { get; init; }

    internal bool IsEmpty() => this == new MachineConfigurationUpdate();

    internal MachineConfiguration ApplyTo(MachineConfiguration current) => current with
    {
        VcpuCount = VcpuCount ?? current.VcpuCount,
        MemSizeMib = MemSizeMib ?? current.MemSizeMib,
        Smt = Smt ?? current.Smt,
        CpuTemplate = CpuTemplate ?? current.CpuTemplate,
        TrackDirtyPages = TrackDirtyPages ?? current.TrackDirtyPages,
        HugePages = HugePages ?? current.HugePages,
    };
}
