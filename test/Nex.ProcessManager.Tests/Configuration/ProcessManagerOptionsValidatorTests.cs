using Microsoft.Extensions.Options;
using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Tests.Configuration;

public sealed class ProcessManagerOptionsValidatorTests
{
    public static TheoryData<string, ProcessManagerOptions> Faulty { get; } = new()
    {
        { nameof(ProcessManagerOptions.PoolSize), new() { PoolSize = 0 } },
        { nameof(ProcessManagerOptions.PoolSize), new() { PoolSize = 10_001 } },
        { nameof(ProcessManagerOptions.Sandbox), new() { Sandbox = (Sandbox)99 } },
        { nameof(ProcessManagerOptions.Network), new() { Network = (SandboxNetwork)99 } },
        { nameof(ProcessManagerOptions.AgentPath), new() { AgentPath = " " } },
        { nameof(ProcessManagerOptions.AgentPath), new() { AgentPath = null! } },
        { nameof(ProcessManagerOptions.RunDirectory), new() { RunDirectory = "relative" } },
        { nameof(ProcessManagerOptions.RunDirectory), new() { RunDirectory = null! } },
        { nameof(ProcessManagerOptions.CgroupParent), new() { CgroupParent = "relative" } },
        { nameof(ProcessManagerOptions.MaxConcurrentStarts), new() { MaxConcurrentStarts = 0 } },
        { nameof(ProcessManagerOptions.StartFailureLimit), new() { StartFailureLimit = 0 } },
        { nameof(ProcessManagerOptions.DefaultPidsLimit), new() { DefaultPidsLimit = 0 } },
        { nameof(ProcessManagerOptions.WorkspaceBytes), new() { WorkspaceBytes = 1024 } },
        { nameof(ProcessManagerOptions.SandboxUserId), new() { SandboxUserId = 0 } },
        { nameof(ProcessManagerOptions.StartTimeout), new() { StartTimeout = TimeSpan.Zero } },
        { nameof(ProcessManagerOptions.PingInterval), new() { PingInterval = TimeSpan.FromSeconds(-1) } },
        { nameof(ProcessManagerOptions.PingTimeout), new() { PingTimeout = TimeSpan.FromDays(2) } },
        { nameof(ProcessManagerOptions.ExitTimeout), new() { ExitTimeout = TimeSpan.MaxValue } },
        { nameof(ProcessManagerOptions.StopTimeout), new() { StopTimeout = TimeSpan.Zero } },
        { nameof(ProcessManagerOptions.StartBackoff), new() { StartBackoff = TimeSpan.Zero } },
        { nameof(ProcessManagerOptions.MaxStartBackoff), new() { MaxStartBackoff = TimeSpan.FromMilliseconds(99) } },
        { nameof(ProcessManagerOptions.Network), Firecracker(new() { KernelPath = "/vmlinux" }) with { Network = SandboxNetwork.Host } },
        { "MicroVm.FirecrackerPath", Firecracker(new() { KernelPath = "/vmlinux", FirecrackerPath = " " }) },
        { "MicroVm.KernelPath", Firecracker(new() { KernelPath = "" }) },
        { "MicroVm.Jailer.Path", Firecracker(new() { KernelPath = "/vmlinux", Jailer = new() { Path = "" } }) },
        { "MicroVm.Jailer.ChrootBaseDirectory", Firecracker(new() { KernelPath = "/vmlinux", Jailer = new() { ChrootBaseDirectory = "jails" } }) },
        { "MicroVm.Jailer.UserIdBase", Firecracker(new() { KernelPath = "/vmlinux", Jailer = new() { UserIdBase = 0 } }) },
        { "MicroVm.Jailer.GroupId", Firecracker(new() { KernelPath = "/vmlinux", Jailer = new() { GroupId = 0 } }) },
        { "MicroVm.Jailer.NetworkNamespace", Firecracker(new() { KernelPath = "/vmlinux", Jailer = new() { NetworkNamespace = "blue" } }) },
    };

    [Fact]
    public void The_defaults_are_valid_and_those_of_the_documentation()
    {
        var options = new ProcessManagerOptions();

        Assert.True(new ProcessManagerOptionsValidator().Validate(null, options).Succeeded);
        Assert.Equal((1, Sandbox.Namespaces, SandboxNetwork.Isolated, 3), (options.PoolSize, options.Sandbox, options.Network, options.StartFailureLimit));
        Assert.Equal((10.0, 10.0, 5.0, 2.0, 30.0), (options.StartTimeout.TotalSeconds, options.PingInterval.TotalSeconds, options.PingTimeout.TotalSeconds, options.ExitTimeout.TotalSeconds, options.StopTimeout.TotalSeconds));
        Assert.Equal((100.0, 30_000.0), (options.StartBackoff.TotalMilliseconds, options.MaxStartBackoff.TotalMilliseconds));
        Assert.Equal((512, 64 * 1024 * 1024L, 65534U, null), (options.DefaultPidsLimit, options.WorkspaceBytes, options.SandboxUserId, options.CgroupParent));
        Assert.Equal(Environment.ProcessorCount, options.MaxConcurrentStarts);
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, "nex-agent"), options.AgentPath);
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_fault_is_named_by_its_option(string option, ProcessManagerOptions options)
    {
        ValidateOptionsResult result = new ProcessManagerOptionsValidator().Validate(null, options);

        Assert.StartsWith(option + " ", Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_reported_at_once()
    {
        var options = new ProcessManagerOptions { PoolSize = 0, AgentPath = "", SandboxUserId = 0, StopTimeout = TimeSpan.Zero };

        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(() => ProcessManagerFactory.Create(options));

        Assert.Equal(4, failure.Failures.Count());
    }

    private static ProcessManagerOptions Firecracker(MicroVmOptions machine) => new()
    {
        Sandbox = Sandbox.Firecracker,
        MicroVm = machine with { InitramfsPath = "/initramfs" },
    };
}
