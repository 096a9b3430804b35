using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>Machines of Firecracker that really boot, and clones of them.</summary>
public sealed class FirecrackerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Without_templates_machines_are_booted()
    {
        ProcessManagerOptions options = TestFirecracker.OptionsOrSkip(_directory);
        await using RealManager manager = await RealManager.StartAsync(options with { MicroVm = options.MicroVm with { UseTemplates = false } });

        Assert.NotEmpty(await manager.RunAsync("identify"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_is_the_root_of_machines_that_want_one(bool jailed)
    {
        ProcessManagerOptions options = jailed ? TestFirecracker.JailedOptionsOrSkip(_directory) : TestFirecracker.OptionsOrSkip(_directory);
        Assert.SkipUnless(File.Exists(GuestFiles.RootDisk), $"There is no disk {GuestFiles.RootDisk} for machines.");
        var limiter = new RateLimiter { Bandwidth = new TokenBucket { Size = 64 * 1024 * 1024, RefillTime = TimeSpan.FromSeconds(1), OneTimeBurst = 1024 * 1024 } };
        await using RealManager manager = await RealManager.StartAsync(
            options with { MicroVm = options.MicroVm with { RootDiskPath = GuestFiles.RootDisk, DiskRateLimiter = limiter } });

        Assert.NotEmpty(await manager.RunAsync("hello.dyn"));
    }

    [Fact]
    public async Task Nobody_can_connect_to_a_machine_once_its_agent_has()
    {
        await using RealManager manager = await RealManager.StartAsync(TestFirecracker.OptionsOrSkip(_directory));

        string agent = Directory.GetDirectories(manager.Options.RunDirectory, manager.Delegate.Started.Reached[0], SearchOption.AllDirectories).Single();

        Assert.Equal(["process"], Directory.GetFiles(agent, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_workload_gets_no_more_memory_than_its_limit()
    {
        await using RealManager manager = await RealManager.StartAsync(TestFirecracker.OptionsOrSkip(_directory));
        var request = new DeployRequest { Name = "hungry", Argv = ["memory", "48"], Limits = new WorkloadLimits { MemoryBytes = 16 * 1024 * 1024 } };

        RealWorkload workload = await manager.DeployAsync(request, "hungry");

        Assert.Equal(9, (await workload.Observer.ExitAsync()).Signal);
    }

    [Fact]
    public async Task A_template_is_found_again_and_one_that_was_changed_is_made_anew()
    {
        ProcessManagerOptions options = WithTemplatesOfItsOwn(TestFirecracker.OptionsOrSkip(_directory));
        DateTime made = await StartAndStopAsync();

        DateTime found = await StartAndStopAsync();
        Change("state");
        DateTime again = await StartAndStopAsync();

        Assert.Equal(made, found);
        Assert.NotEqual(made, again);

        async Task<DateTime> StartAndStopAsync()
        {
            await using RealManager manager = await RealManager.StartAsync(options);
            _ = await manager.RunAsync("identify");
            return File.GetLastWriteTimeUtc(TemplateFile("state"));
        }
    }

    [Fact]
    public async Task A_machine_that_is_killed_leaves_the_pool_and_another_takes_its_place()
    {
        await using RealManager manager = await RealManager.StartAsync(TestFirecracker.OptionsOrSkip(_directory));
        string first = manager.Delegate.Started.Reached[0];
        LiveProcess vmm = LiveProcesses.With(first).Single(process => process.Arguments.Contains("--api-sock"));

        System.Diagnostics.Process.GetProcessById(vmm.Id).Kill();

        _ = await manager.Delegate.Started.CountAsync(2);
        Assert.NotEqual(first, await manager.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "next" }).Within());
    }

    [Fact]
    public async Task An_image_that_does_not_boot_fails_the_start_with_what_the_machine_wrote()
    {
        ProcessManagerOptions options = TestFirecracker.OptionsOrSkip(_directory);
        await File.WriteAllTextAsync(_directory["initramfs"], "This is no image.");
        await using RealManager manager = RealManager.Create(options with { MicroVm = options.MicroVm with { InitramfsPath = _directory["initramfs"] } });

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => manager.Manager.StartAsync(manager.Delegate).Within());

        Assert.Equal(ProcessManagerError.StartFailed, failure.Error);
        Assert.Contains("Kernel panic", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_is_not_made_is_warned_of()
    {
        ProcessManagerOptions options = TestFirecracker.OptionsOrSkip(_directory);
        var cni = new CniOptions { NetworkName = "fcnet", InterfaceName = "veth0", Subnet = "192.168.127.0/24" };

        await using RealManager manager = await RealManager.StartAsync(options with { MicroVm = options.MicroVm with { Cni = cni } });

        Assert.Contains(manager.Log.Lines.Reached, line => line.Text.Contains("fcnet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_machine_in_a_jail_has_a_user_of_its_own_and_nothing_of_it_is_left()
    {
        ProcessManagerOptions options = WithTemplatesOfItsOwn(TestFirecracker.JailedOptionsOrSkip(_directory)) with { PoolSize = 2 };
        await using (RealManager manager = await RealManager.StartAsync(options))
        {
            string[] users = [.. LiveProcesses.With("/api").Where(process => process.Arguments.Contains("--api-sock")).Select(process => UserOf(process.Id)).Distinct()];

            Assert.Equal(2, users.Length);
            Assert.All(users, user => Assert.StartsWith("7100", user, StringComparison.Ordinal));
            Assert.NotEmpty(await manager.RunAsync("identify"));
        }

        Assert.Empty(Directory.EnumerateDirectories(_directory["jails"]).SelectMany(Directory.EnumerateFileSystemEntries));
    }

    [Fact]
    public async Task A_run_directory_that_is_too_long_for_sockets_is_named()
    {
        ProcessManagerOptions options = TestFirecracker.OptionsOrSkip(_directory) with { RunDirectory = _directory[new string('x', 80)] };
        await using var manager = new FirecrackerProcessManager(WithTemplatesOfItsOwn(options));

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => manager.StartAsync(new DelegateRecorder()).Within());

        Assert.Contains(nameof(ProcessManagerOptions.RunDirectory), failure.Message, StringComparison.Ordinal);
    }

    private static string UserOf(int process) =>
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

    private ProcessManagerOptions WithTemplatesOfItsOwn(ProcessManagerOptions options) =>
        options with { MicroVm = options.MicroVm with { TemplateDirectory = _directory["templates"] } };

    private string TemplateFile(string name) => Directory.GetFiles(_directory["templates"], name, SearchOption.AllDirectories).Single();

    private void Change(string name)
    {
        using FileStream file = File.OpenWrite(TemplateFile(name));
        file.Position = file.Length / 2;
        file.Write([0x5A, 0xA5]);
    }
}
