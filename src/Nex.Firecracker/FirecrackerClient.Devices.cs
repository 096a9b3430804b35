using System.Text.Json;
using Nex.Firecracker.Api;

namespace Nex.Firecracker;

// Devices and what they lead to: put before the microVM is started, patched while it runs, where nothing else is said.
public sealed partial class FirecrackerClient
{
    /// <summary>PUT /drives/{id}: adds a disk, or replaces the one of that id.</summary>
    public async Task PutDriveAsync(Drive drive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(drive);
        await PutAsync(ResourcePath("drives", drive.DriveId), drive, ApiJsonContext.Default.Drive, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PATCH /drives/{id}: changes the file or the limits of a disk.</summary>
    public async Task PatchDriveAsync(DriveUpdate update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        await PatchAsync(ResourcePath("drives", update.DriveId), update, ApiJsonContext.Default.DriveUpdate, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PUT /pmem/{id}: adds persistent memory, or replaces the one of that id.</summary>
    public async Task PutPmemAsync(PmemDevice device, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        await PutAsync(ResourcePath("pmem", device.Id), device, ApiJsonContext.Default.PmemDevice, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PATCH /pmem/{id}: changes the limits of persistent memory.</summary>
    public async Task PatchPmemAsync(PmemDeviceUpdate update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        await PatchAsync(ResourcePath("pmem", update.Id), update, ApiJsonContext.Default.PmemDeviceUpdate, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PUT /network-interfaces/{id}: adds an interface, or replaces the one of that id. Firecracker opens the TAP device at once.</summary>
    public async Task PutNetworkInterfaceAsync(NetworkInterface networkInterface, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(networkInterface);
        await PutAsync(
            ResourcePath("network-interfaces", networkInterface.IfaceId), networkInterface, ApiJsonContext.Default.NetworkInterface, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PATCH /network-interfaces/{id}: changes the limits of an interface.</summary>
    public async Task PatchNetworkInterfaceAsync(NetworkInterfaceUpdate update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        await PatchAsync(ResourcePath("network-interfaces", update.IfaceId), update, ApiJsonContext.Default.NetworkInterfaceUpdate, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PUT /vsock. Firecracker binds the socket at once.</summary>
    public Task PutVsockAsync(VsockDevice vsock, CancellationToken cancellationToken = default) =>
        PutAsync("/vsock", vsock, ApiJsonContext.Default.VsockDevice, cancellationToken);

    /// <summary>PUT /entropy: gives the guest random bytes of the host.</summary>
    public Task PutEntropyAsync(EntropyDevice entropy, CancellationToken cancellationToken = default) =>
        PutAsync("/entropy", entropy, ApiJsonContext.Default.EntropyDevice, cancellationToken);

    /// <summary>PUT /serial: sends the guest's console elsewhere.</summary>
    public Task PutSerialAsync(SerialDevice serial, CancellationToken cancellationToken = default) =>
        PutAsync("/serial", serial, ApiJsonContext.Default.SerialDevice, cancellationToken);

    /// <summary>PUT /logger.</summary>
    public Task PutLoggerAsync(LoggerConfiguration logger, CancellationToken cancellationToken = default) =>
        PutAsync("/logger", logger, ApiJsonContext.Default.LoggerConfiguration, cancellationToken);

    /// <summary>PUT /metrics.</summary>
    public Task PutMetricsAsync(MetricsConfiguration metrics, CancellationToken cancellationToken = default) =>
        PutAsync("/metrics", metrics, ApiJsonContext.Default.MetricsConfiguration, cancellationToken);

    /// <summary>PUT /mmds/config: how the guest reaches its metadata.</summary>
    public Task PutMmdsConfigurationAsync(MmdsConfiguration configuration, CancellationToken cancellationToken = default) =>
        PutAsync("/mmds/config", configuration, ApiJsonContext.Default.MmdsConfiguration, cancellationToken);

    /// <summary>PUT /mmds: replaces the metadata. At any time.</summary>
    /// <param name="metadata">A JSON object.</param>
    public Task PutMmdsAsync(JsonElement metadata, CancellationToken cancellationToken = default) =>
        PutAsync("/mmds", RequireObject(metadata, nameof(metadata)), ApiJsonContext.Default.JsonElement, cancellationToken);

    /// <summary>PATCH /mmds: merges into the metadata, as a JSON merge patch does. At any time, once there is some.</summary>
    /// <param name="metadata">A JSON object.</param>
    public Task PatchMmdsAsync(JsonElement metadata, CancellationToken cancellationToken = default) =>
        PatchAsync("/mmds", RequireObject(metadata, nameof(metadata)), ApiJsonContext.Default.JsonElement, cancellationToken);

    /// <summary>GET /mmds: the metadata. At any time.</summary>
    public Task<JsonElement> GetMmdsAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/mmds", ApiJsonContext.Default.JsonElement, cancellationToken);
}
