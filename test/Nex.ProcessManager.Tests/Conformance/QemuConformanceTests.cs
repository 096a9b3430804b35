using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class QemuConformanceTests() : MicroVmConformanceTests(Sandbox.Qemu)
{
    private protected override string LastStep => "cont";

    [Theory]
    [InlineData(MachineSteps.Launched)]
    [InlineData("qmp_capabilities")]
    [InlineData("migrate-set-capabilities")]
    [InlineData("migrate-incoming")]
    [InlineData("cont")]
    public Task A_clone_that_is_killed_at_a_step_of_its_launch_fails_alone_and_leaves_nothing(string step) => KillCloneAsync(step);

    [Theory]
    [InlineData(MachineSteps.Launched)]
    [InlineData("qmp_capabilities")]
    [InlineData("stop")]
    [InlineData("migrate-set-capabilities")]
    [InlineData("getfd")]
    [InlineData("migrate")]
    public Task A_template_that_is_killed_at_a_step_of_its_boot_is_booted_again(string step) => KillTemplateAsync(step);
}
