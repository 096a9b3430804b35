using System.Text.Json.Nodes;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>Machines of Firecracker that really boot, and clones of them.</summary>
public abstract class FirecrackerTests(FirecrackerUnderTest which) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();

    private ProcessManagerOptions Options => field ??= TestFirecracker.Options(which, _directory);

    private ProcessManagerOptions JailedOptions => TestFirecracker.JailedOptions(which, _directory);

    /// <summary>Skips where the host cannot.</summary>
    public async ValueTask InitializeAsync() => await RealManager.SkipUnlessAvailableAsync(Options);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Without_templates_machines_are_booted()
    {
        await using RealManager manager = await RealManager.StartAsync(Options with { MicroVm = Options.MicroVm with { UseTemplates = false } });

        Assert.NotEmpty(await manager.RunAsync("identify"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_is_the_root_of_machines_that_want_one(bool jailed)
    {
        ProcessManagerOptions options = jailed ? JailedOptions : Options;
        Assert.SkipUnless(File.Exists(GuestFiles.RootDisk), $"There is no disk {GuestFiles.RootDisk} for machines.");
        var limiter = new RateLimiter { Bandwidth = new TokenBucket { Size = 64 * 1024 * 1024, RefillTime = TimeSpan.FromSeconds(1), OneTimeBurst = 1024 * 1024 } };
        await using RealManager manager = await RealManager.StartAsync(
            options with { MicroVm = options.MicroVm with { RootDiskPath = GuestFiles.RootDisk, DiskRateLimiter = limiter } });

        Assert.NotEmpty(await manager.RunAsync("hello.dyn"));
    }

    [Fact]
    public async Task The_size_of_machines_and_the_limits_of_their_disk_are_what_the_options_say()
    {
        Assert.SkipUnless(File.Exists(GuestFiles.RootDisk), $"There is no disk {GuestFiles.RootDisk} for machines.");
        const int mebibyte = 1024 * 1024;
        ProcessManagerOptions options = WithTemplatesOfItsOwn(Options);
        MicroVmOptions machines = options.MicroVm with
        {
            VcpuCount = 2,
            MemoryMiB = 256,
            RootDiskPath = GuestFiles.RootDisk,
            DiskRateLimiter = new RateLimiter
            {
                Bandwidth = new TokenBucket { Size = 64 * mebibyte, RefillTime = TimeSpan.FromSeconds(1), OneTimeBurst = 32 * mebibyte },
                Operations = new TokenBucket { Size = 5000, RefillTime = TimeSpan.FromMilliseconds(500) },
            },
        };
        await using RealManager manager = RealManager.Create(options with { MicroVm = machines }, create: host => new FakeProcessManager(
            host.Options, new FirecrackerLauncher(host.Options, TimeProvider.System, host.Log) { RecordPath = _directory["calls"] }, TimeProvider.System, host.Log));
        await manager.FillAsync();

        RealWorkload look = await manager.DeployAsync(
            new DeployRequest { Name = "look", Artifact = "busybox", Argv = ["sh", "-c", "nproc; grep MemTotal /proc/meminfo | tr -dc 0-9"] },
            Executables.Find("busybox") ?? throw new InvalidOperationException("busybox is not installed: run ./build.sh build."));
        Assert.True((await look.Observer.ExitAsync()).IsSuccess);

        JsonNode drive = await SentAsync("/drives/disk"), machine = await SentAsync("/machine-config");
        JsonNode? limiter = JsonNode.Parse(
            """{"bandwidth":{"size":67108864,"one_time_burst":33554432,"refill_time":1000},"ops":{"size":5000,"refill_time":500}}""");
        Assert.True(JsonNode.DeepEquals(limiter, drive["rate_limiter"]), drive.ToJsonString());
        Assert.Equal((2, 256), (machine["vcpu_count"]!.GetValue<int>(), machine["mem_size_mib"]!.GetValue<int>()));
        Assert.Equal("2", look.Observer.Texts[0]);
        Assert.InRange(int.Parse(look.Observer.Texts[1]) / 1024, 200, 256);
    }

    public async Task Nobody_can_connect_to_a_machine_once_its_agent_has()
    {
        await using RealManager manager = await RealManager.StartAsync(Options);

        string agent = Directory.GetDirectories(manager.Options.RunDirectory, manager.Delegate.Started.Reached[0], SearchOption.AllDirectories).Single();

        Assert.Equal(["process"], Directory.GetFiles(agent, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_workload_gets_no_more_memory_than_its_limit()
    {
        await using RealManager manager = await RealManager.StartAsync(Options);
        var request = new DeployRequest { Name = "hungry", Argv = ["memory", "48"], Limits = new WorkloadLimits { MemoryBytes = 16 * 1024 * 1024 } };

        RealWorkload workload = await manager.DeployAsync(request, "hungry");

        Assert.Equal(9, (await workload.Observer.ExitAsync()).Signal);
    }

    [Fact]
    public async Task A_template_is_found_again_and_one_that_was_changed_is_made_anew()
    {
        ProcessManagerOptions options = WithTemplatesOfItsOwn(Options);
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
        await using RealManager manager = await RealManager.StartAsync(Options);
        string first = manager.Delegate.Started.Reached[0];
        LiveProcess vmm = LiveProcesses.With(first).Single(process => process.Arguments.Contains("--api-sock"));

        System.Diagnostics.Process.GetProcessById(vmm.Id).Kill();

        _ = await manager.Delegate.Started.CountAsync(2);
        Assert.NotEqual(first, await manager.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "next" }).Within());
    }

    [Fact]
    public async Task An_image_that_does_not_boot_fails_the_start_with_what_the_machine_wrote()
    {
        await File.WriteAllTextAsync(_directory["initramfs"], "This is no image.");
        await using RealManager manager = RealManager.Create(Options with { MicroVm = Options.MicroVm with { InitramfsPath = _directory["initramfs"] } });

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => manager.Manager.StartAsync(manager.Delegate).Within());

        Assert.Equal(ProcessManagerError.StartFailed, failure.Error);
        Assert.Contains("Kernel panic", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_is_not_made_is_warned_of()
    {
        var cni = new CniOptions { NetworkName = "fcnet", InterfaceName = "veth0", Subnet = "192.168.127.0/24" };

        await using RealManager manager = await RealManager.StartAsync(Options with { MicroVm = Options.MicroVm with { Cni = cni } });

        Assert.Contains(manager.Log.Lines.Reached, line => line.Text.Contains("fcnet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_machine_in_a_jail_has_a_user_of_its_own_and_nothing_of_it_is_left()
    {
        ProcessManagerOptions options = WithTemplatesOfItsOwn(JailedOptions) with { PoolSize = 2 };
        await using (RealManager manager = await RealManager.StartAsync(options))
        {
            string[] users = [.. LiveProcesses.DescendantsOf(Environment.ProcessId).Where(process => process.Arguments.Contains("--api-sock")).Select(process => UserOf(process.Id)).Distinct()];

            Assert.Equal(2, users.Length);
            Assert.All(users, user => Assert.StartsWith("7100", user, StringComparison.Ordinal));
            Assert.NotEmpty(await manager.RunAsync("identify"));
        }

        Assert.Empty(Directory.EnumerateDirectories(_directory["jails"]).SelectMany(Directory.EnumerateFileSystemEntries));
    }

    [Fact]
    public async Task A_machine_in_a_jail_has_a_cgroup_of_its_own_with_what_is_set_which_is_gone_with_it()
    {
        KeyValuePair<string, string> limit = HostCgroup.RequireLimit();
        string parent = $"nex-test-{Environment.ProcessId}";
        string cgroup = Path.Combine(HostCgroup.Root!, parent);
        ProcessManagerOptions options = JailedOptions;
        JailerOptions jailer = options.MicroVm.Jailer! with { ParentCgroup = parent, Cgroup = new Dictionary<string, string> { [limit.Key] = limit.Value } };
        try
        {
            await using (RealManager manager = await RealManager.StartAsync(options with { MicroVm = options.MicroVm with { Jailer = jailer } }))
            {
                string own = Assert.Single(Directory.GetDirectories(cgroup));

                Assert.Equal(limit.Value, (await File.ReadAllTextAsync(Path.Combine(own, limit.Key))).Trim());
                Assert.Contains($"{manager.ProcessOf(manager.Delegate.Started.Reached[0]).ProcessId}", await File.ReadAllLinesAsync(Path.Combine(own, "cgroup.procs")));
            }

            Assert.Empty(Directory.GetDirectories(cgroup));
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    /// <summary>A machine that is stopped cannot hear that its link has ended, as one cannot whose guest does not listen.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_machine_that_hears_nothing_ends_with_its_node_all_the_same(bool jailed)
    {
        ProcessManagerOptions options = jailed ? JailedOptions : Options;
        await RealManager.SkipUnlessAvailableAsync(options);
        await using NodeProgram node = await NodeProgram.StartAsync(options, _directory["run"], 1);
        IReadOnlyList<LiveProcess> machine = LiveProcesses.DescendantsOf(node.ProcessId);
        Assert.Contains(machine, process => process.Arguments.Contains("--api-sock"));
        try
        {
            Assert.All(machine, process => Assert.True(Children.TrySignal(process.Id, Signals.Stop)));

            await node.KillAsync();

            await LiveProcesses.EndAsync(machine.Select(process => process.Identity));
        }
        finally
        {
            Assert.All(machine, process => process.Identity.TryKill());
        }
    }

    [Fact]
    public async Task A_run_directory_that_is_too_long_for_sockets_is_named()
    {
        ProcessManagerOptions options = Options with { RunDirectory = _directory[new string('x', 80)] };
        await using var manager = new FirecrackerProcessManager(WithTemplatesOfItsOwn(options));

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => manager.StartAsync(new DelegateRecorder()).Within());

        Assert.Contains(nameof(ProcessManagerOptions.RunDirectory), failure.Message, StringComparison.Ordinal);
    }

    private static string UserOf(int process) =>
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

    private ProcessManagerOptions WithTemplatesOfItsOwn(ProcessManagerOptions options) =>
        options with { MicroVm = options.MicroVm with { TemplateDirectory = _directory["templates"] } };

    /// <summary>What the recorded machines have put there, which is one.</summary>
    private async Task<JsonNode> SentAsync(string path) =>
        (await File.ReadAllLinesAsync(_directory["calls"])).Select(line => JsonNode.Parse(line)!).Single(call => call["path"]!.GetValue<string>() == path)["body"]!;

    private string TemplateFile(string name) => Directory.GetFiles(_directory["templates"], name, SearchOption.AllDirectories).Single();

    private void Change(string name)
    {
        using FileStream file = File.OpenWrite(TemplateFile(name));
        file.Position = file.Length / 2;
        file.Write([0x5A, 0xA5]);
    }
}
