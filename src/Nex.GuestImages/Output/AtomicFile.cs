using System.Security.Cryptography;

namespace Nex.GuestImages.Output;

/// <summary>A file that appears whole or not at all: it is written beside its place, and then moved there.</summary>
internal static class AtomicFile
{
    /// <summary>Lets a caller write a file of any name, and puts it into its place. After a failure nothing is left.</summary>
    /// <param name="inspect">Looks at the whole file before anybody else can.</param>
    internal static async Task<T> WriteAsync<T>(string path, Func<string, Task> write, Func<string, Task<T>> inspect)
    {
        string unfinished = TemporaryPath(path);
        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(unfinished) ?? "/");
            await write(unfinished).ConfigureAwait(false);
            FlushToDisk(unfinished);
            T result = await inspect(unfinished).ConfigureAwait(false);
            File.Move(unfinished, path, overwrite: true);
            return result;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new GuestImageException(
                GuestImageError.OutputFailed,
                $"{path} cannot be written: {failure.Message} Choose a file in a directory that you may write to and that has room.",
                failure);
        }
        finally
        {
            TryDelete(unfinished);
        }
    }

    /// <summary>A hidden name beside a path, which no other run has.</summary>
    internal static string TemporaryPath(string path)
    {
        string absolute = Path.GetFullPath(path);
        return Path.Combine(
            Path.GetDirectoryName(absolute) ?? "/", $".{Path.GetFileName(absolute)}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
    }

    private static void FlushToDisk(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    // What stays here is only in the way; why the build failed says more.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }
}
