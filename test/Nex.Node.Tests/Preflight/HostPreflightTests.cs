using System.Diagnostics;
using System.Text.Json;
using Nex.Linux;
using Nex.Linux.Machine;
using Nex.Node.Preflight;
using Nex.Node.Tests.Configuration;

namespace Nex.Node.Tests.Preflight;

public sealed class HostPreflightTests : ConfigurationTest
{
    [Fact]
    public async Task A_host_with_an_agent_can_run_a_node_without_a_sandbox()
    {
        PreflightReport report = await RunAsync("none");

        Assert.True(report.CanRun);
        Assert.True(report.Sandboxes.Single(sandbox => sandbox.Sandbox == "none").IsAvailable);
    }

    [Fact]
    public async Task What_is_missing_is_named_with_how_to_get_it()
    {
        PreflightReport report = await RunAsync("qemu", $"\"qemu_path\": \"/nowhere/qemu\", \"default_resource_dir\": \"{Directory}\",");

        Assert.False(report.CanRun);
        Assert.Equal("apt-get install qemu-system-x86", report.Checks.Single(check => check.Name == "qemu").Remedy);
        Assert.Contains("nex node preflight --install", report.Checks.Single(check => check.Name == "initramfs").Remedy);
        Assert.False(report.Sandboxes.Single(sandbox => sandbox.Sandbox == "qemu").IsAvailable);
    }

    [Fact]
    public async Task A_run_directory_where_nothing_can_be_executed_is_named()
    {
        Assert.SkipWhen(ProcessControl.EffectiveUserId != 0, "Only root can mount a file system.");
        string disk = Path.Combine(Directory, "disk");
        FileSystems.Mount("nex-test", disk, "tmpfs", MountFlags.NoExecution);
        try
        {
            PreflightReport report = await RunAsync("none", $"\"run_dir\": \"{disk}/nex\",");

            PreflightCheck check = report.Checks.Single(check => check.Name == "run directory");
            Assert.Equal(($"{disk}/nex is on a file system that is mounted with noexec", "name another with run_dir"), (check.Found, check.Remedy));
            Assert.False(report.CanRun);
            Assert.Equal("missing: run directory", report.Sandboxes.Single(sandbox => sandbox.Sandbox == "none").Reason);
        }
        finally
        {
            await Process.Start("umount", [disk]).WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Every_check_that_names_a_package_names_one_that_can_be_installed() => Assert.All(
        (await RunAsync("none")).Checks.Select(check => check.Package).OfType<string>(), package => Assert.Contains(package, AptPackages.Known));

    [Fact]
    public async Task The_report_can_be_read_by_programs()
    {
        using JsonDocument json = JsonDocument.Parse(JsonSerializer.Serialize(await RunAsync("none"), PreflightJsonContext.Default.PreflightReport));

        Assert.True(json.RootElement.GetProperty("can_run").GetBoolean());
        Assert.Equal("none", json.RootElement.GetProperty("sandbox").GetString());
        Assert.Equal(4, json.RootElement.GetProperty("sandboxes").GetArrayLength());
    }

    private Task<PreflightReport> RunAsync(string sandbox, string more = "") => HostPreflight.RunAsync(
        Load($$"""{ {{more}} "sandbox": "{{sandbox}}", "agent_path": "{{Path.Combine(AppContext.BaseDirectory, "nex-agent")}}" }"""), needsServer: true);
}
