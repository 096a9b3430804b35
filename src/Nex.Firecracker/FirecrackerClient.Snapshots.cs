using Nex.Firecracker.Api;

namespace Nex.Firecracker;

// Snapshots. These two calls have a deadline of their own.
public sealed partial class FirecrackerClient
{
    /// <summary>
    /// PUT /snapshot/create: writes a microVM that is paused to two files, within <see cref="FirecrackerClientOptions.SnapshotTimeout"/>.
    /// </summary>
    public Task CreateSnapshotAsync(SnapshotCreation creation, CancellationToken cancellationToken = default) => SendAsync(
        HttpMethod.Put, "/snapshot/create", creation, ApiJsonContext.Default.SnapshotCreation, _options.SnapshotTimeout, cancellationToken);

    /// <summary>
    /// PUT /snapshot/load: makes a microVM of a snapshot, within <see cref="FirecrackerClientOptions.SnapshotTimeout"/>. Only in a process that
    /// has been told of nothing but its logger and metrics. When it fails, the process is of no use any more and mostly ends by itself.
    /// </summary>
    public Task LoadSnapshotAsync(SnapshotLoad load, CancellationToken cancellationToken = default) => SendAsync(
        HttpMethod.Put, "/snapshot/load", load, ApiJsonContext.Default.SnapshotLoad, _options.SnapshotTimeout, cancellationToken);
}
