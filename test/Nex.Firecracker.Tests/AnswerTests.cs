using System.Text.Json;
using Nex.Firecracker.Api;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests;

/// <summary>What answers are read as.</summary>
public sealed class AnswerTests : ClientTest
{
    [Theory]
    [InlineData("Not started", InstanceState.NotStarted)]
    [InlineData("Running", InstanceState.Running)]
    [InlineData("Paused", InstanceState.Paused)]
    public async Task The_instance_with_its_state(string state, InstanceState expected)
    {
        Server.Answer(200, $$"""{"app_name":"Firecracker","id":"vm-1","state":"{{state}}","vmm_version":"1.16.1"}""");

        InstanceInfo info = await Connect().GetInstanceInfoAsync().Within();

        Assert.Equal(new InstanceInfo { AppName = "Firecracker", Id = "vm-1", State = expected, VmmVersion = "1.16.1" }, info);
    }

    [Fact]
    public async Task The_version()
    {
        Server.Answer(200, """{"firecracker_version":"1.17.0-dev"}""");

        Assert.Equal("1.17.0-dev", (await Connect().GetVersionAsync().Within()).FirecrackerVersion);
    }

    [Fact]
    public async Task Fields_that_are_not_known_are_left_aside()
    {
        Server.Answer(200, """{"firecracker_version":"2.0.0","commit":{"id":["x"]}}""");

        Assert.Equal("2.0.0", (await Connect().GetVersionAsync().Within()).FirecrackerVersion);
    }

    [Fact]
    public async Task The_whole_configuration()
    {
        Server.Answer(200, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Golden", "vm-config.json")));

        VmConfiguration vm = await Connect().GetVmConfigurationAsync().Within();

        Assert.Equal(
            new MachineConfiguration { VcpuCount = 2, MemSizeMib = 256, Smt = false, TrackDirtyPages = true, HugePages = HugePages.None }, vm.MachineConfiguration);
        Assert.Equal(new BootSource { KernelImagePath = "/vmlinux", BootArgs = "reboot=k" }, vm.BootSource);
        Assert.Equal("!121", vm.CpuConfiguration?.GetProperty("kvm_capabilities")[0].GetString());
        Assert.Equal(
            new Drive
            {
                DriveId = "rootfs",
                IsRootDevice = true,
                PathOnHost = "/rootfs.ext4",
                IsReadOnly = true,
                CacheType = DriveCacheType.Unsafe,
                IoEngine = DriveIoEngine.Sync,
                RateLimiter = new RateLimiter { Ops = new TokenBucket { Size = 1000, RefillTimeMs = 100 } },
            },
            Assert.Single(vm.Drives));
        Assert.Equal(new PmemDevice { Id = "p0", PathOnHost = "/p.img", RootDevice = false, ReadOnly = true }, Assert.Single(vm.Pmem));
        Assert.Equal(new NetworkInterface { IfaceId = "eth0", HostDevName = "tap0", GuestMac = "06:00:ac:10:00:02" }, Assert.Single(vm.NetworkInterfaces));
        Assert.Equal(new VsockDevice { GuestCid = 3, UdsPath = "/run/v.sock" }, vm.Vsock);
        Assert.Equal(new EntropyDevice(), vm.Entropy);
        Assert.Equal(64, vm.Balloon?.AmountMib);
        Assert.Equal(1024, vm.MemoryHotplug?.TotalSizeMib);
        Assert.Equal((MmdsVersion.V2, "169.254.169.254"), (vm.MmdsConfiguration!.Version, vm.MmdsConfiguration.Ipv4Address));
        Assert.Equal(["eth0"], vm.MmdsConfiguration.NetworkInterfaces);
        Assert.Equal(FirecrackerLogLevel.Info, vm.Logger?.Level);
        Assert.Equal("/run/fc.metrics", vm.Metrics?.MetricsPath);
    }

    [Fact]
    public async Task A_configuration_of_nothing()
    {
        Server.Answer(200, """{"balloon":null,"drives":[],"boot-source":null,"vsock":null}""");

        VmConfiguration vm = await Connect().GetVmConfigurationAsync().Within();

        Assert.Null(vm.BootSource);
        Assert.Null(vm.CpuConfiguration);
        Assert.Empty(vm.Drives);
        Assert.Empty(vm.Pmem);
        Assert.Empty(vm.NetworkInterfaces);
    }

    [Fact]
    public async Task The_machine()
    {
        Server.Answer(200, """{"vcpu_count":1,"mem_size_mib":128,"smt":false,"cpu_template":"None","track_dirty_pages":false,"huge_pages":"2M"}""");

        MachineConfiguration machine = await Connect().GetMachineConfigurationAsync().Within();

        Assert.Equal((CpuTemplate.None, HugePages.TwoMib), (machine.CpuTemplate, machine.HugePages));
    }

    [Fact]
    public async Task The_balloon_and_what_it_tells()
    {
        FirecrackerClient client = Connect();
        Server.Answer(200, """{"amount_mib":64,"deflate_on_oom":true,"stats_polling_interval_s":5,"free_page_hinting":true}""");
        Balloon balloon = await client.GetBalloonAsync().Within();
        Server.Answer(200, """{"target_pages":16384,"actual_pages":1,"target_mib":64,"actual_mib":0,"free_memory":9007199254740993,"oom_kill":2}""");
        BalloonStatistics statistics = await client.GetBalloonStatisticsAsync().Within();
        Server.Answer(200, """{"host_cmd":3,"guest_cmd":null}""");
        BalloonHintingStatus hinting = await client.GetBalloonHintingStatusAsync().Within();

        Assert.Equal(new Balloon { AmountMib = 64, DeflateOnOom = true, StatsPollingIntervalSeconds = 5, FreePageHinting = true }, balloon);
        Assert.Equal(
            new BalloonStatistics { TargetPages = 16384, ActualPages = 1, TargetMib = 64, ActualMib = 0, FreeMemory = 9007199254740993, OomKill = 2 },
            statistics);
        Assert.Equal(new BalloonHintingStatus { HostCmd = 3 }, hinting);
    }

    [Fact]
    public async Task Memory_that_was_added()
    {
        Server.Answer(200, """{"total_size_mib":1024,"slot_size_mib":128,"block_size_mib":2,"plugged_size_mib":256,"requested_size_mib":512}""");

        MemoryHotplugStatus status = await Connect().GetMemoryHotplugAsync().Within();

        Assert.Equal((256, 512), (status.PluggedSizeMib, status.RequestedSizeMib));
    }

    [Fact]
    public async Task Metadata_as_it_is()
    {
        Server.Answer(200, """{"a":{"b":[1.50,null]}}""");

        JsonElement metadata = await Connect().GetMmdsAsync().Within();

        Assert.Equal("""{"a":{"b":[1.50,null]}}""", metadata.GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"firecracker_version\":")]
    [InlineData("{\"firecracker_version\":7}")]
    [InlineData("{\"firecracker_version\":null}")]
    [InlineData("{\"version\":\"1\"}")]
    [InlineData("garbage")]
    public async Task What_is_no_answer_to_the_question_is_said_to_be_none(string answer)
    {
        Server.Answer(200, answer);

        FirecrackerException failure = await FailureOfAsync(Connect().GetVersionAsync());

        Assert.Equal((FirecrackerFailure.InvalidAnswer, "GET /version", 200), (failure.Failure, failure.Call, failure.Status));
    }

    [Fact]
    public async Task A_state_that_is_not_known_is_no_answer()
    {
        Server.Answer(200, """{"app_name":"Firecracker","id":"vm-1","state":"Dreaming","vmm_version":"1.16.1"}""");

        Assert.Equal(FirecrackerFailure.InvalidAnswer, (await FailureOfAsync(Connect().GetInstanceInfoAsync())).Failure);
    }
}
