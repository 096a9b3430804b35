using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>With one Firecracker or the other, in jails or without them.</summary>
public abstract class FirecrackerConformanceTests(FirecrackerUnderTest which, bool jailed) : MicroVmConformanceTests(Sandbox.Firecracker)
{
    private readonly TempDirectory _directory = new();

    private protected override ProcessManagerOptions Options =>
        field ??= jailed ? TestFirecracker.JailedOptions(which, _directory) : TestFirecracker.Options(which, _directory);

    private protected override string LastStep => "PUT /snapshot/load";

    [Theory]
    [InlineData(MachineSteps.Launched)]
    [InlineData("PUT /snapshot/load")]
    public Task A_clone_that_is_killed_at_a_step_of_its_launch_fails_alone_and_leaves_nothing(string step) => KillCloneAsync(step);

    [Theory]
    [InlineData(MachineSteps.Launched)]
    [InlineData("PUT /machine-config")]
    [InlineData("PUT /boot-source")]
    [InlineData("PUT /entropy")]
    [InlineData("PUT /vsock")]
    [InlineData("PUT /actions")]
    [InlineData("PATCH /vm")]
    [InlineData("PUT /snapshot/create")]
    public Task A_template_that_is_killed_at_a_step_of_its_boot_is_booted_again(string step) => KillTemplateAsync(step);

    [Fact]
    public async Task A_machine_has_the_randomness_of_its_host()
    {
        await using RealManager host = await StartAsync();

        RealWorkload workload = await ShellAsync(host, "cat /sys/class/misc/hw_random/rng_current");

        _ = await workload.Observer.ExitAsync();
        Assert.Equal(["virtio_rng.0"], workload.Observer.Texts);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        using (_directory)
        {
            await base.DisposeAsync();
        }
    }
}
