using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms;

/// <summary>Machines of QEMU that really boot, and clones of them.</summary>
public sealed class QemuTests
{
    [Fact]
    public async Task A_workload_in_a_machine_is_nobody_special_there()
    {
        await using RealManager manager = await RealManager.StartAsync(Sandbox.Qemu);

        IReadOnlyList<string> lines = await manager.RunAsync("identify");

        Assert.Contains("user 1000", lines);
        Assert.Contains("port error 13", lines);
    }

    [Fact]
    public async Task Of_twenty_clones_each_is_somebody_and_has_the_time_of_its_host()
    {
        string[] different = ["random", "host", "machine", "boot", "uuid"];
        await using RealManager manager = await RealManager.StartAsync(RealManager.OptionsOf(Sandbox.Qemu) with { PoolSize = 20 });
        var said = new List<Dictionary<string, string>>();

        for (int count = 0; count < 20; count++)
        {
            IReadOnlyList<string> lines = await manager.RunAsync("identify");
            said.Add(lines.Select(line => line.Split(' ', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
        }

        Assert.All(different, name => Assert.Equal(20, said.Select(one => one[name]).Distinct().Count()));
        Assert.All(said, one => Assert.DoesNotContain("error", one["machine"] + one["boot"]));
        Assert.All(said, one => Assert.Contains(one["host"], manager.Delegate.Started.Reached));
    }

    [Fact]
    public async Task The_clock_of_a_clone_is_within_a_hundred_milliseconds_of_that_of_the_host()
    {
        await using RealManager manager = await RealManager.StartAsync(Sandbox.Qemu);
        DateTimeOffset before = TimeProvider.System.GetUtcNow();

        IReadOnlyList<string> lines = await manager.RunAsync("identify");

        DateTimeOffset after = TimeProvider.System.GetUtcNow();
        long told = long.Parse(lines.Single(line => line.StartsWith("time ", StringComparison.Ordinal))[5..]);
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(told), before.AddMilliseconds(-100), after.AddMilliseconds(100));
    }

    [Fact]
    public async Task A_program_that_needs_the_C_library_finds_it_in_the_machine()
    {
        await using RealManager manager = await RealManager.StartAsync(Sandbox.Qemu);

        Assert.NotEmpty(await manager.RunAsync("hello.dyn"));
    }

    [Fact]
    public async Task A_disk_is_the_root_of_machines_that_want_one()
    {
        ProcessManagerOptions options = RealManager.OptionsOf(Sandbox.Qemu);
        await using RealManager manager = await RealManager.StartAsync(
            options with { MicroVm = options.MicroVm with { RootDiskPath = GuestFiles.RootDisk } });

        Assert.NotEmpty(await manager.RunAsync("hello.dyn"));
    }

    [Fact]
    public async Task Without_templates_machines_are_booted()
    {
        ProcessManagerOptions options = RealManager.OptionsOf(Sandbox.Qemu);
        await using RealManager manager = await RealManager.StartAsync(options with { MicroVm = options.MicroVm with { UseTemplates = false } });

        Assert.NotEmpty(await manager.RunAsync("hello.dyn"));
    }

    [Fact]
    public async Task A_template_is_found_again_and_a_broken_one_is_made_anew()
    {
        using var directory = new TempDirectory();
        ProcessManagerOptions options = RealManager.OptionsOf(Sandbox.Qemu);
        options = options with { MicroVm = options.MicroVm with { TemplateDirectory = directory["templates"] } };
        DateTime made = await StartAndStopAsync(options);

        DateTime found = await StartAndStopAsync(options);
        string memory = Directory.GetFiles(directory["templates"], "memory", SearchOption.AllDirectories).Single();
        await using (FileStream file = File.OpenWrite(memory))
        {
            file.Position = file.Length / 2;
            file.WriteByte(0x5A);
        }

        DateTime again = await StartAndStopAsync(options);

        Assert.Equal(made, found);
        Assert.NotEqual(made, again);

        async Task<DateTime> StartAndStopAsync(ProcessManagerOptions options)
        {
            await using RealManager manager = await RealManager.StartAsync(options);
            _ = await manager.RunAsync("hello.dyn");
            return Directory.GetCreationTimeUtc(Directory.GetFiles(directory["templates"], "state", SearchOption.AllDirectories).Single());
        }
    }

    [Fact]
    public async Task A_workload_gets_no_more_memory_than_its_limit()
    {
        await using RealManager manager = await RealManager.StartAsync(Sandbox.Qemu);
        var request = new DeployRequest { Name = "hungry", Argv = ["memory", "48"], Limits = new WorkloadLimits { MemoryBytes = 16 * 1024 * 1024 } };

        RealWorkload workload = await manager.DeployAsync(request, "hungry");
        WorkloadExit exit = await workload.Observer.ExitAsync();

        Assert.Equal(9, exit.Signal);
    }
}
