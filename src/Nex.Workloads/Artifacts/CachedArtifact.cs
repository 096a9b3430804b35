using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>What <see cref="ArtifactIndex"/> knows of one artifact. All that changes is guarded by its lock.</summary>
internal sealed class CachedArtifact
{
    internal CachedArtifact(string sha256)
    {
        Sha256 = sha256;
        Unused = new LinkedListNode<CachedArtifact>(this);
        Idle = new LinkedListNode<CachedArtifact>(this);
    }

    internal string Sha256 { get; }

    /// <summary>What the file takes on disk, in bytes.</summary>
    internal long Size { get; set; }

    /// <summary>The leases, the openings that have not become leases yet, and the load.</summary>
    internal int Users { get; set; }

    /// <summary>
    /// The image in memory, or the load of it, whose result is null for a file that is missing or damaged; null while there is neither.
    /// Complete whenever nobody uses the artifact, because the load is a user.
    /// </summary>
    internal Task<ArtifactFile?>? Image { get; set; }

    /// <summary>The place in the list of artifacts that nobody uses.</summary>
    internal LinkedListNode<CachedArtifact> Unused { get; }

    /// <summary>The place in the list of those of them that have an image.</summary>
    internal LinkedListNode<CachedArtifact> Idle { get; }
}
