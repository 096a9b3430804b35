namespace Nex.GuestImages.Output;

/// <summary>A directory that appears whole or not at all: it is filled beside its place, and then moved there.</summary>
internal static class AtomicDirectory
{
    /// <summary>Lets a caller fill a new directory, and puts it into its place. After a failure nothing is left.</summary>
    /// <param name="isReplaceable">Whether what is at the place may go. An empty directory always may.</param>
    /// <param name="isWanted">Whether what somebody else has put there meanwhile will do as well.</param>
    internal static async Task WriteAsync(string path, Func<string, bool> isReplaceable, Func<string, bool> isWanted, Func<string, Task> fill)
    {
        RequireReplaceable(path, isReplaceable);
        string unfinished = AtomicFile.TemporaryPath(path);
        try
        {
            _ = Directory.CreateDirectory(unfinished);
            await fill(unfinished).ConfigureAwait(false);
            MoveIntoPlace(unfinished, path, isReplaceable, isWanted);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new GuestImageException(
                GuestImageError.OutputFailed,
                $"{path} cannot be written: {failure.Message} Choose a directory that you may write to and that has room.",
                failure);
        }
        finally
        {
            TryDelete(unfinished);
        }
    }

    // Somebody else may put the same thing there between any two steps, or take it away: then it is decided anew. Who looks there meanwhile finds
    // the old or the new, and never nothing.
    private static void MoveIntoPlace(string unfinished, string path, Func<string, bool> isReplaceable, Func<string, bool> isWanted)
    {
        while (!Rename.TryMove(unfinished, path))
        {
            RequireReplaceable(path, isReplaceable);
            if (isWanted(path) || Rename.TryExchange(unfinished, path))
            {
                return;
            }
        }
    }

    private static void RequireReplaceable(string path, Func<string, bool> isReplaceable)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !isReplaceable(path)))
        {
            throw new GuestImageException(
                GuestImageError.OutputFailed,
                $"{path} holds something else, which would be lost. Choose a directory that is empty or does not exist.");
        }
    }

    // What stays here is only in the way; why the rest failed says more.
    private static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }
}
