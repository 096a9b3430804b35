using Nex.Node.Configuration;
using Nex.ProcessManager.Configuration;

namespace Nex.Node.Tests.Configuration;

public sealed class SandboxTests : ConfigurationTest
{
    [Theory]
    [InlineData("{}", Sandbox.Namespaces)]
    [InlineData("""{"no_sandbox": true}""", Sandbox.None)]
    [InlineData("""{"no_sandbox": false}""", Sandbox.Namespaces)]
    [InlineData("""{"no_sandbox": true, "sandbox": "none"}""", Sandbox.None)]
    [InlineData("""{"sandbox": "QEMU"}""", Sandbox.Qemu)]
    [InlineData("""{"kernel_filepath": "/vmlinux"}""", Sandbox.Firecracker)]
    [InlineData("""{"kernel_filepath": "/vmlinux", "no_sandbox": true}""", Sandbox.None)]
    [InlineData("""{"kernel_filepath": "/vmlinux", "sandbox": "namespaces"}""", Sandbox.Namespaces)]
    public void What_is_written_decides(string json, Sandbox expected) => Assert.Equal(expected, Load(json).Settings.Agents.Sandbox);

    [Fact]
    public void A_file_that_describes_machines_and_names_no_sandbox_is_told_what_that_means() =>
        Assert.Contains("Because machine_template.vcpu_count describes microVMs, it is firecracker", Assert.Single(Load("""{"machine_template": {"vcpu_count": 1}}""").Warnings));

    [Fact]
    public void Two_that_contradict_each_other_in_one_place_are_a_fault() =>
        Assert.Equal("no_sandbox", Assert.Single(FaultsOf("""{"no_sandbox": true, "sandbox": "qemu"}""")).Path);

    [Fact]
    public void A_flag_wins_over_no_sandbox_of_the_file() =>
        Assert.Equal(Sandbox.Namespaces, Load("""{"no_sandbox": true}""", new ConfigurationOverride("sandbox", "namespaces", "--sandbox")).Settings.Agents.Sandbox);

    [Fact]
    public void No_sandbox_as_a_flag_wins_over_the_sandbox_of_the_file() =>
        Assert.Equal(Sandbox.None, Load("""{"sandbox": "qemu"}""", new ConfigurationOverride("no_sandbox", "true", "--no-sandbox")).Settings.Agents.Sandbox);

    [Fact]
    public void The_kernel_is_the_one_that_the_sandbox_boots()
    {
        Assert.Equal("/r/vmlinuz", Load("""{"default_resource_dir": "/r", "sandbox": "qemu"}""").Settings.Agents.MicroVm.KernelPath);
        Assert.Equal("/r/vmlinux", Load("""{"default_resource_dir": "/r", "sandbox": "firecracker"}""").Settings.Agents.MicroVm.KernelPath);
    }

    [Theory]
    [InlineData("qemu")]
    [InlineData("firecracker")]
    public void A_network_of_microVMs_is_refused_by_the_key_that_asks_for_it(string sandbox)
    {
        ConfigurationFault fault = Assert.Single(FaultsOf($$"""{"sandbox": "{{sandbox}}", "sandbox_network": "host"}"""));

        Assert.Equal("sandbox_network", fault.Path);
        Assert.Equal($"it asks for a network, and microVMs have none yet: leave it out, or choose another sandbox than {sandbox}.", fault.Message);
        Assert.Equal(SandboxNetwork.Host, Load("""{"sandbox": "namespaces", "sandbox_network": "host"}""").Settings.Agents.Network);
    }

    [Fact]
    public void A_jailer_is_used_where_something_is_said_of_it()
    {
        Assert.Null(Load("""{"sandbox": "firecracker"}""").Settings.Agents.MicroVm.Jailer);
        Assert.Equal(5000u, Load("""{"sandbox": "firecracker", "jailer": {"uid_base": 5000}}""").Settings.Agents.MicroVm.Jailer!.UserIdBase);
        Assert.NotNull(Load("""{"sandbox": "firecracker", "jailer": {"enabled": true}}""").Settings.Agents.MicroVm.Jailer);
        Assert.Null(Load("""{"sandbox": "firecracker", "jailer": {"uid_base": 5000, "enabled": false}}""").Settings.Agents.MicroVm.Jailer);
    }
}
