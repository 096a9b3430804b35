using System.Globalization;
using System.Security.Cryptography;
using Nex.GuestImages;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Conformance;
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

    /// <summary>What the machine of the template has made when it was booted tells when that was, by its own clock.</summary>
    [Fact]
    public async Task A_clone_of_a_template_that_was_made_an_hour_ago_has_the_time_of_today()
    {
        using var directory = new TempDirectory();
        DateTimeOffset hourAgo = TimeProvider.System.GetUtcNow().AddHours(-1);
        string qemu = directory.WriteProgram("qemu", $"#!/bin/sh\nexec {Executables.Find("qemu-system-x86_64")} \"$@\" -rtc base={hourAgo:yyyy-MM-ddTHH:mm:ss}\n");
        ProcessManagerOptions options = RealManager.OptionsOf(Sandbox.Qemu);
        options = options with { MicroVm = options.MicroVm with { TemplateDirectory = directory["templates"], QemuPath = qemu } };
        await (await RealManager.StartAsync(options)).DisposeAsync();
        await using RealManager manager = await RealManager.StartAsync(options);
        var request = new DeployRequest { Name = "date", Artifact = "busybox", Argv = ["sh", "-c", "stat -c %Y /dev/shm; date +%s"] };

        RealWorkload workload = await manager.DeployAsync(request, Executables.Find("busybox")!);

        Assert.True((await workload.Observer.ExitAsync()).IsSuccess);
        DateTimeOffset[] told = [.. workload.Observer.Texts.Select(text => DateTimeOffset.FromUnixTimeSeconds(long.Parse(text, CultureInfo.InvariantCulture)))];
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Assert.InRange(told[0], hourAgo.AddSeconds(-1), now.AddMinutes(-50));
        Assert.InRange(told[1], now.AddMinutes(-1), now.AddSeconds(1));
        Assert.Single(Directory.GetDirectories(directory["templates"]));
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

    /// <summary>Three megabytes at one in a second; the first tenth of a second is free.</summary>
    [Fact]
    public async Task A_disk_is_read_no_faster_than_its_limit()
    {
        using GuestWith disk = await GuestWith.ImageAsync(
            GuestImageFormat.Ext4, folder => File.WriteAllBytes(Path.Combine(folder, "large"), RandomNumberGenerator.GetBytes(3 * 1024 * 1024)));
        ProcessManagerOptions options = RealManager.OptionsOf(Sandbox.Qemu);
        var limiter = new RateLimiter { Bandwidth = new TokenBucket { Size = 1024 * 1024, RefillTime = TimeSpan.FromSeconds(1) } };
        await using RealManager manager = await RealManager.StartAsync(
            options with { MicroVm = options.MicroVm with { RootDiskPath = disk.Image, DiskRateLimiter = limiter } });
        var request = new DeployRequest { Name = "read", Artifact = "busybox", Argv = ["sh", "-c", "wc -c < /large"] };
        long begun = TimeProvider.System.GetTimestamp();

        RealWorkload workload = await manager.DeployAsync(request, Executables.Find("busybox")!);

        Assert.True((await workload.Observer.ExitAsync()).IsSuccess);
        Assert.Equal(["3145728"], workload.Observer.Texts);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.FromSeconds(2.5), TimeSpan.MaxValue);
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
