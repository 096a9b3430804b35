using Nex.Testing.FirecrackerStandin.Configuration;
using Nex.Testing.FirecrackerStandin.Machine;
using Nex.Testing.FirecrackerStandin.Reporting;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>All that requests act on.</summary>
internal sealed record Instance
{
    internal const string Version = "1.17.0-dev";

    internal required string Id { get; init; }

    internal required Microvm Vm { get; init; }

    internal required MmdsStore Mmds { get; init; }

    internal required StandinLog Log { get; init; }

    internal required StandinMetrics Metrics { get; init; }

    internal InstanceInformation Describe() => new() { Id = Id, State = Vm.State, VmmVersion = Version, AppName = "Firecracker" };
}
