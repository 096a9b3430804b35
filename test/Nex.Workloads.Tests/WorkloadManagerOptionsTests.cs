using Nex.Testing.Files;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Workloads.Tests;

public sealed class WorkloadManagerOptionsTests
{
    public static TheoryData<string, WorkloadManagerOptions> Faults => new()
    {
        { nameof(RestartOptions.InitialDelay), With(new RestartOptions { InitialDelay = TimeSpan.Zero }) },
        { nameof(RestartOptions.MaxDelay), With(new RestartOptions { InitialDelay = TimeSpan.FromSeconds(2), MaxDelay = TimeSpan.FromSeconds(1) }) },
        { nameof(RestartOptions.MaxFailures), With(new RestartOptions { MaxFailures = 0 }) },
        { nameof(RestartOptions.HalfLife), With(new RestartOptions { HalfLife = TimeSpan.Zero }) },
        { nameof(WorkloadManagerOptions.MaxLogLines), new WorkloadManagerOptions { MaxLogLines = 0 } },
        { nameof(WorkloadManagerOptions.MaxLogCharacters), new WorkloadManagerOptions { MaxLogCharacters = 0 } },
        { nameof(WorkloadManagerOptions.MaxEvents), new WorkloadManagerOptions { MaxEvents = 0 } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void An_option_that_is_out_of_its_range_is_named(string name, WorkloadManagerOptions options) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => Make(options)).ParamName);

    [Fact]
    public void The_smallest_values_are_valid() => Make(new WorkloadManagerOptions
    {
        Restarts = new RestartOptions { InitialDelay = TimeSpan.FromTicks(1), MaxDelay = TimeSpan.FromTicks(1), MaxFailures = 1, HalfLife = TimeSpan.FromTicks(1) },
        MaxLogLines = 1,
        MaxLogCharacters = 1,
        MaxEvents = 1,
    });

    private static WorkloadManagerOptions With(RestartOptions restarts) => new() { Restarts = restarts };

    private static void Make(WorkloadManagerOptions options)
    {
        using var directory = new TempDirectory();
        using ArtifactCache cache = WorkloadTest.OpenCache(directory);
        _ = new WorkloadManager(new TroubledProcessManager(null!), cache, options);
    }
}
