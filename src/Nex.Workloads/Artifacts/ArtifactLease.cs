using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>
/// The right to use a cached artifact, which stays on disk and in memory until every lease of it is disposed of. Outlives the cache.
/// </summary>
public sealed class ArtifactLease : IDisposable
{
    private Action? _release;

    internal ArtifactLease(ArtifactFile file, Action release)
    {
        File = file;
        _release = release;
    }

    /// <summary>The SHA-256 of the artifact, 64 lower-case hexadecimal digits.</summary>
    public string Sha256 => File.Sha256;

    /// <summary>In bytes.</summary>
    public long Size => File.Size;

    /// <summary>
    /// The artifact as a sealed file in memory, which all its leases share. The handle is the cache's: do not close it, and do not use it
    /// after <see cref="Dispose"/>.
    /// </summary>
    public ArtifactFile File { get; }

    /// <summary>Ends the lease. Safe from any thread; again, it does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
