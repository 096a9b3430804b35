namespace Nex.Firecracker.Sockets;

/// <summary>Waits for a path to exist, without looking again and again.</summary>
internal static class PathWatch
{
    /// <param name="path">An absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">The host watches no more directories for this user.</exception>
    internal static async Task WaitAsync(string path, CancellationToken cancellationToken)
    {
        while (!Path.Exists(path))
        {
            // Only a directory that exists can be watched: the deepest one, for the next step of the way.
            string next = path;
            string directory = Path.GetDirectoryName(next) ?? "/";
            while (!Directory.Exists(directory))
            {
                next = directory;
                directory = Path.GetDirectoryName(next) ?? "/";
            }

            await StepAsync(directory, next, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task StepAsync(string directory, string next, CancellationToken cancellationToken)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using FileSystemWatcher? watcher = TryWatch(directory, Path.GetFileName(next), () => seen.TrySetResult());
        // What was made before the watch began is not told.
        if (watcher is not null && !Path.Exists(next))
        {
            await seen.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Null when the directory is not there any more.</returns>
    private static FileSystemWatcher? TryWatch(string directory, string name, Action onChange)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(directory, name) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watcher.Created += (_, _) => onChange();
            watcher.Renamed += (_, _) => onChange();
            watcher.Error += (_, _) => onChange();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception failure)
        {
            watcher?.Dispose();
            if (failure is ArgumentException or IOException && !Directory.Exists(directory))
            {
                return null;
            }

            throw;
        }
    }
}
