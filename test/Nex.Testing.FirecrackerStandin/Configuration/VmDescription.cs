namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>What the machine is made of, as far as a copy of it must be the same. It goes into a snapshot.</summary>
internal sealed record VmDescription
{
    public MachineConfiguration Machine { get; init; } = MachineConfiguration.Default;

    /// <summary>The root drive first, where there is one; the others in the order in which they were put.</summary>
    public IReadOnlyList<Drive> Drives { get; init; } = [];

    public IReadOnlyList<NetworkInterface> NetworkInterfaces { get; init; } = [];

    public VsockDevice? Vsock { get; init; }

    public Balloon? Balloon { get; init; }

    public EntropyDevice? Entropy { get; init; }

    /// <summary>Kept, and never applied: there is no metadata service in the network here.</summary>
    public MmdsConfiguration? Mmds { get; init; }
}
