using System.Reflection;
using System.Text;
using System.Text.Json;
using Nex.Firecracker.Api;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests;

/// <summary>What is sent for each call, byte for byte: Golden/NAME.http has it, with simple newlines.</summary>
public sealed class CallTests : ClientTest
{
    private static readonly RateLimiter Limits = new()
    {
        Bandwidth = new TokenBucket { Size = 10_485_760, RefillTimeMs = 1000, OneTimeBurst = 1_048_576 },
        Ops = new TokenBucket { Size = 1000, RefillTimeMs = 100 },
    };

    private static readonly Dictionary<string, Func<FirecrackerClient, Task>> Calls = new(StringComparer.Ordinal)
    {
        ["GetInstanceInfo"] = client => client.GetInstanceInfoAsync(),
        ["GetVersion"] = client => client.GetVersionAsync(),
        ["GetVmConfiguration"] = client => client.GetVmConfigurationAsync(),
        ["StartInstance"] = client => client.StartInstanceAsync(),
        ["FlushMetrics"] = client => client.FlushMetricsAsync(),
        ["SendCtrlAltDel"] = client => client.SendCtrlAltDelAsync(),
        ["Pause"] = client => client.PauseAsync(),
        ["Resume"] = client => client.ResumeAsync(),
        ["GetMachineConfiguration"] = client => client.GetMachineConfigurationAsync(),
        ["PutMachineConfiguration-least"] = client => client.PutMachineConfigurationAsync(new MachineConfiguration { VcpuCount = 1, MemSizeMib = 128 }),
        ["PutMachineConfiguration-all"] = client => client.PutMachineConfigurationAsync(new MachineConfiguration
        {
            VcpuCount = 4,
            MemSizeMib = 2048,
            Smt = true,
            CpuTemplate = CpuTemplate.T2CL,
            TrackDirtyPages = true,
            HugePages = HugePages.TwoMib,
        }),
        ["PatchMachineConfiguration"] = client => client.PatchMachineConfigurationAsync(new MachineConfigurationUpdate { MemSizeMib = 256, Smt = false }),
        ["PutCpuConfiguration"] = client => client.PutCpuConfigurationAsync(Json("""{"kvm_capabilities": ["!121"], "msr_modifiers": []}""")),
        ["PutBootSource-least"] = client => client.PutBootSourceAsync(new BootSource { KernelImagePath = "/vmlinux" }),
        ["PutBootSource-all"] = client => client.PutBootSourceAsync(new BootSource
        {
            KernelImagePath = "/vmlinux",
            InitrdPath = "/initrd.cpio",
            BootArgs = "console=ttyS0 reboot=k panic=1 -- \"größe\"",
        }),
        ["PutBalloon-least"] = client => client.PutBalloonAsync(new Balloon { AmountMib = 0, DeflateOnOom = false }),
        ["PutBalloon-all"] = client => client.PutBalloonAsync(new Balloon
        {
            AmountMib = 64,
            DeflateOnOom = true,
            StatsPollingIntervalSeconds = 5,
            FreePageHinting = true,
            FreePageReporting = true,
        }),
        ["GetBalloon"] = client => client.GetBalloonAsync(),
        ["ResizeBalloon"] = client => client.ResizeBalloonAsync(32),
        ["GetBalloonStatistics"] = client => client.GetBalloonStatisticsAsync(),
        ["SetBalloonStatisticsInterval"] = client => client.SetBalloonStatisticsIntervalAsync(1),
        ["StartBalloonHinting"] = client => client.StartBalloonHintingAsync(acknowledgeOnStop: false),
        ["GetBalloonHintingStatus"] = client => client.GetBalloonHintingStatusAsync(),
        ["StopBalloonHinting"] = client => client.StopBalloonHintingAsync(),
        ["PutMemoryHotplug"] = client => client.PutMemoryHotplugAsync(new MemoryHotplugConfiguration { TotalSizeMib = 1024, SlotSizeMib = 128, BlockSizeMib = 2 }),
        ["ResizeMemoryHotplug"] = client => client.ResizeMemoryHotplugAsync(512),
        ["GetMemoryHotplug"] = client => client.GetMemoryHotplugAsync(),
        ["PutDrive-file"] = client => client.PutDriveAsync(new Drive
        {
            DriveId = "root_fs",
            IsRootDevice = true,
            PathOnHost = "/rootfs.ext4",
            IsReadOnly = true,
            PartUuid = "0eaa91a0-01",
            CacheType = DriveCacheType.Writeback,
            IoEngine = DriveIoEngine.Async,
            RateLimiter = Limits,
        }),
        ["PutDrive-vhost-user"] = client => client.PutDriveAsync(new Drive { DriveId = "v1", IsRootDevice = false, Socket = "/vhost.sock" }),
        ["PatchDrive"] = client => client.PatchDriveAsync(new DriveUpdate { DriveId = "root_fs", PathOnHost = "/other.ext4", RateLimiter = new RateLimiter { Ops = Limits.Ops } }),
        ["PutPmem"] = client => client.PutPmemAsync(new PmemDevice { Id = "pmem0", PathOnHost = "/pmem.img", RootDevice = false, ReadOnly = true, RateLimiter = Limits }),
        ["PatchPmem"] = client => client.PatchPmemAsync(new PmemDeviceUpdate { Id = "pmem0", RateLimiter = Limits }),
        ["PutNetworkInterface-least"] = client => client.PutNetworkInterfaceAsync(new NetworkInterface { IfaceId = "eth0", HostDevName = "tap0" }),
        ["PutNetworkInterface-all"] = client => client.PutNetworkInterfaceAsync(new NetworkInterface
        {
            IfaceId = "eth0",
            HostDevName = "tap0",
            GuestMac = "06:00:AC:10:00:02",
            Mtu = 1500,
            RxRateLimiter = new RateLimiter { Bandwidth = Limits.Bandwidth },
            TxRateLimiter = Limits,
        }),
        ["PatchNetworkInterface"] = client => client.PatchNetworkInterfaceAsync(new NetworkInterfaceUpdate { IfaceId = "eth0", TxRateLimiter = Limits }),
        ["PutVsock"] = client => client.PutVsockAsync(new VsockDevice { GuestCid = 3, UdsPath = "/run/v.sock" }),
        ["PutEntropy-least"] = client => client.PutEntropyAsync(new EntropyDevice()),
        ["PutEntropy-all"] = client => client.PutEntropyAsync(new EntropyDevice { RateLimiter = Limits }),
        ["PutSerial"] = client => client.PutSerialAsync(new SerialDevice { SerialOutPath = "/run/serial.log", RateLimiter = Limits.Bandwidth }),
        ["PutLogger"] = client => client.PutLoggerAsync(new LoggerConfiguration
        {
            LogPath = "/run/fc.log",
            Level = FirecrackerLogLevel.Warning,
            ShowLevel = true,
            ShowLogOrigin = false,
            Module = "api_server::request",
        }),
        ["PutMetrics"] = client => client.PutMetricsAsync(new MetricsConfiguration
        {
            MetricsPath = "/run/fc.metrics",
            EmitId = true,
            Properties = new Dictionary<string, string> { ["Host.Name"] = "one" },
        }),
        ["PutMmdsConfiguration"] = client => client.PutMmdsConfigurationAsync(new MmdsConfiguration
        {
            NetworkInterfaces = ["eth0", "eth1"],
            Version = MmdsVersion.V2,
            Ipv4Address = "169.254.170.2",
            ImdsCompat = true,
        }),
        ["PutMmds"] = client => client.PutMmdsAsync(Json("""{"latest": {"meta-data": {"AMI-id": null}}, "n": 1.50}""")),
        ["PatchMmds"] = client => client.PatchMmdsAsync(Json("""{"latest": null}""")),
        ["GetMmds"] = client => client.GetMmdsAsync(),
        ["CreateSnapshot-least"] = client => client.CreateSnapshotAsync(new SnapshotCreation { SnapshotPath = "/vm.state", MemFilePath = "/vm.mem" }),
        ["CreateSnapshot-all"] = client => client.CreateSnapshotAsync(new SnapshotCreation
        {
            SnapshotPath = "/vm.state",
            MemFilePath = "/vm.mem",
            SnapshotType = SnapshotType.Diff,
        }),
        ["LoadSnapshot-least"] = client => client.LoadSnapshotAsync(new SnapshotLoad
        {
            SnapshotPath = "/vm.state",
            MemBackend = new MemoryBackend { BackendType = MemoryBackendType.File, BackendPath = "/vm.mem" },
        }),
        ["LoadSnapshot-all"] = client => client.LoadSnapshotAsync(new SnapshotLoad
        {
            SnapshotPath = "/vm.state",
            MemBackend = new MemoryBackend { BackendType = MemoryBackendType.Uffd, BackendPath = "/uffd.sock" },
            ResumeVm = true,
            TrackDirtyPages = false,
            NetworkOverrides = [new NetworkOverride { IfaceId = "eth0", HostDevName = "tap7" }],
            VsockOverride = new VsockOverride { UdsPath = "/run/v7.sock" },
            ClockRealtime = true,
            HugePages = SnapshotHugePages.TwoMib,
        }),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_call_sends_exactly_this(string name)
    {
        // Where an answer is needed, this one will not do: what was sent is all that matters here.
        await Record.ExceptionAsync(() => Calls[name](Connect()).Within());

        ApiRequest request = await Server.Requests.AtAsync(0);
        string sent = $"{request.Head.Replace("\r\n", "\n", StringComparison.Ordinal)}\n\n{request.Json}{(request.Body.Length > 0 ? "\n" : "")}";
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".http")), sent);
    }

    [Fact]
    public void Every_call_of_the_client_is_here()
    {
        IEnumerable<string> methods = typeof(FirecrackerClient)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.ReturnType.IsAssignableTo(typeof(Task)))
            .Select(method => method.Name);

        Assert.Equal(
            methods.Order(StringComparer.Ordinal),
            Calls.Keys.Select(name => name.Split('-')[0] + "Async").Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_body_has_its_length_in_the_head_and_is_never_in_chunks(string name)
    {
        await Record.ExceptionAsync(() => Calls[name](Connect()).Within());

        ApiRequest request = await Server.Requests.AtAsync(0);
        Assert.Null(request.Header("Transfer-Encoding"));
        Assert.Equal(request.Method == "GET" ? null : Encoding.UTF8.GetByteCount(request.Json).ToString(), request.Header("Content-Length"));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
