using System.Text.Json;
using Nex.Firecracker.Api;
using Nex.Firecracker.Transport;

namespace Nex.Firecracker;

// The machine itself: processors, memory, what it boots. Only before it is started, where nothing else is said.
public sealed partial class FirecrackerClient
{
    /// <summary>GET /machine-config. At any time.</summary>
    public Task<MachineConfiguration> GetMachineConfigurationAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/machine-config", ApiJsonContext.Default.MachineConfiguration, cancellationToken);

    /// <summary>PUT /machine-config: replaces the whole configuration of the machine.</summary>
    public Task PutMachineConfigurationAsync(MachineConfiguration machine, CancellationToken cancellationToken = default) =>
        PutAsync("/machine-config", machine, ApiJsonContext.Default.MachineConfiguration, cancellationToken);

    /// <summary>PATCH /machine-config: changes what the update names.</summary>
    public Task PatchMachineConfigurationAsync(MachineConfigurationUpdate update, CancellationToken cancellationToken = default) =>
        PatchAsync("/machine-config", update, ApiJsonContext.Default.MachineConfigurationUpdate, cancellationToken);

    /// <summary>PUT /cpu-config: changes the features of the processors.</summary>
    /// <param name="configuration">The configuration as Firecracker documents it, a JSON object.</param>
    public Task PutCpuConfigurationAsync(JsonElement configuration, CancellationToken cancellationToken = default) =>
        PutAsync("/cpu-config", RequireObject(configuration, nameof(configuration)), ApiJsonContext.Default.JsonElement, cancellationToken);

    /// <summary>PUT /boot-source. Firecracker opens the kernel and the initial file system at once.</summary>
    public Task PutBootSourceAsync(BootSource source, CancellationToken cancellationToken = default) =>
        PutAsync("/boot-source", source, ApiJsonContext.Default.BootSource, cancellationToken);

    /// <summary>PUT /balloon.</summary>
    public Task PutBalloonAsync(Balloon balloon, CancellationToken cancellationToken = default) =>
        PutAsync("/balloon", balloon, ApiJsonContext.Default.Balloon, cancellationToken);

    /// <summary>GET /balloon. At any time.</summary>
    public Task<Balloon> GetBalloonAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/balloon", ApiJsonContext.Default.Balloon, cancellationToken);

    /// <summary>PATCH /balloon: changes its size. While the microVM runs; the guest follows when it can.</summary>
    /// <param name="amountMib">How much memory it is to take, in MiB.</param>
    public Task ResizeBalloonAsync(int amountMib, CancellationToken cancellationToken = default) =>
        PatchAsync("/balloon", new BalloonUpdate { AmountMib = amountMib }, ApiJsonContext.Default.BalloonUpdate, cancellationToken);

    /// <summary>GET /balloon/statistics. While the microVM runs, and only where they were switched on before.</summary>
    public Task<BalloonStatistics> GetBalloonStatisticsAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/balloon/statistics", ApiJsonContext.Default.BalloonStatistics, cancellationToken);

    /// <summary>PATCH /balloon/statistics: changes how often the guest reports. While the microVM runs, and only where they were switched on before.</summary>
    /// <param name="seconds">The interval, in seconds.</param>
    public Task SetBalloonStatisticsIntervalAsync(int seconds, CancellationToken cancellationToken = default) => PatchAsync(
        "/balloon/statistics",
        new BalloonStatisticsUpdate { StatsPollingIntervalSeconds = seconds },
        ApiJsonContext.Default.BalloonStatisticsUpdate,
        cancellationToken);

    /// <summary>PATCH /balloon/hinting/start: asks the guest which pages it does not use. While the microVM runs.</summary>
    /// <param name="acknowledgeOnStop">Whether Firecracker acknowledges by itself that the guest has told all.</param>
    public Task StartBalloonHintingAsync(bool acknowledgeOnStop = true, CancellationToken cancellationToken = default) => PatchAsync(
        "/balloon/hinting/start",
        new BalloonHintingStart { AcknowledgeOnStop = acknowledgeOnStop },
        ApiJsonContext.Default.BalloonHintingStart,
        cancellationToken);

    /// <summary>GET /balloon/hinting/status. While the microVM runs.</summary>
    public Task<BalloonHintingStatus> GetBalloonHintingStatusAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/balloon/hinting/status", ApiJsonContext.Default.BalloonHintingStatus, cancellationToken);

    /// <summary>PATCH /balloon/hinting/stop. While the microVM runs.</summary>
    public Task StopBalloonHintingAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(new ApiCall(HttpMethod.Patch, "/balloon/hinting/stop", null, _options.Timeout), cancellationToken);

    /// <summary>PUT /hotplug/memory: lets memory be added while the microVM runs.</summary>
    public Task PutMemoryHotplugAsync(MemoryHotplugConfiguration configuration, CancellationToken cancellationToken = default) =>
        PutAsync("/hotplug/memory", configuration, ApiJsonContext.Default.MemoryHotplugConfiguration, cancellationToken);

    /// <summary>PATCH /hotplug/memory: adds memory, or takes it away. While the microVM runs; the guest follows when it can.</summary>
    /// <param name="requestedSizeMib">How much of it the guest is to have, in MiB.</param>
    public Task ResizeMemoryHotplugAsync(long requestedSizeMib, CancellationToken cancellationToken = default) => PatchAsync(
        "/hotplug/memory", new MemoryHotplugUpdate { RequestedSizeMib = requestedSizeMib }, ApiJsonContext.Default.MemoryHotplugUpdate, cancellationToken);

    /// <summary>GET /hotplug/memory. While the microVM runs.</summary>
    public Task<MemoryHotplugStatus> GetMemoryHotplugAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/hotplug/memory", ApiJsonContext.Default.MemoryHotplugStatus, cancellationToken);

    /// <summary>Where Firecracker takes JSON of the caller's, it takes an object.</summary>
    private static JsonElement RequireObject(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object
        ? value
        : throw new ArgumentException($"A JSON object is needed, and this is {value.ValueKind}.", name);
}
