using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>The images in memory: each loaded once for all who wait for it, and kept for a while after its last use.</summary>
internal sealed partial class ArtifactIndex
{
    /// <summary>Drops the idle images. From now on the directory is not touched; uses go on, and are released as ever.</summary>
    public void Dispose()
    {
        using var waste = new Waste(_directory);
        lock (_gate)
        {
            _disposed = true;
            while (_idle.First is { } oldest)
            {
                DropImage(oldest.Value, waste);
            }
        }
    }

    // The load is a user of its own: those who wait for it may all give up, and what they asked for must not be evicted under its hands.
    private Task<ArtifactFile?> StartLoad(CachedArtifact artifact)
    {
        Use(artifact);
        var load = new TaskCompletionSource<ArtifactFile?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Task.Run(() => Load(artifact, load));
        return load.Task;
    }

    private void Load(CachedArtifact artifact, TaskCompletionSource<ArtifactFile?> load)
    {
        try
        {
            ArtifactFile? image = _directory.Load(artifact.Sha256);
            Complete(artifact, load, image);
        }
        catch (Exception exception)
        {
            // Whatever it is, those who wait must hear of it, and the next opening tries again.
            Fail(artifact, load, exception);
        }

        Release(artifact);
    }

    private void Complete(CachedArtifact artifact, TaskCompletionSource<ArtifactFile?> load, ArtifactFile? image)
    {
        using var waste = new Waste(_directory);
        lock (_gate)
        {
            if (artifact.Image != load.Task)
            {
                waste.Add(image);
                load.SetResult(artifact.Image!.Result);
                return;
            }

            if (image is null)
            {
                artifact.Image = null;
                Remove(artifact, waste);
            }

            load.SetResult(image);
        }
    }

    private void Fail(CachedArtifact artifact, TaskCompletionSource<ArtifactFile?> load, Exception exception)
    {
        lock (_gate)
        {
            if (artifact.Image == load.Task)
            {
                artifact.Image = null;
            }

            load.SetException(exception);
            // Nobody may be waiting any more, and then nobody else looks at it.
            _ = load.Task.Exception;
        }
    }

    private void KeepIdle(CachedArtifact artifact, Waste waste)
    {
        if (artifact.Image?.Result is not { } image)
        {
            return;
        }

        if (image.Size > _options.MaxIdleImageBytes)
        {
            DropImage(artifact, waste);
            return;
        }

        _idle.AddLast(artifact.Idle);
        _idleBytes += image.Size;
        while (_idleBytes > _options.MaxIdleImageBytes)
        {
            DropImage(_idle.First!.Value, waste);
        }
    }

    private void Unidle(CachedArtifact artifact)
    {
        if (artifact.Idle.List is not null)
        {
            _idle.Remove(artifact.Idle);
            _idleBytes -= artifact.Image!.Result!.Size;
        }
    }

    private void DropImage(CachedArtifact artifact, Waste waste)
    {
        Unidle(artifact);
        waste.Add(artifact.Image?.Result);
        artifact.Image = null;
    }
}
