using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Chaos.World;

/// <summary>A file system of a small size, which can be filled. Only root can mount one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Megabytes = 256;

    private readonly string _path;
    private readonly string _filler;

    private SmallDisk(string path)
    {
        _path = path;
        _filler = Path.Combine(path, "filler");
    }

    /// <returns>Null where this process may not mount one.</returns>
    internal static async Task<SmallDisk?> TryMountAsync(string path) =>
        Environment.UserName == "root"
        && (await CommandRun.RunAsync("/usr/bin/mount", ["-t", "tmpfs", "-o", $"size={Megabytes}m,mode=711", "nex-chaos", path], CancellationToken.None)).Exit.Code == 0
            ? new SmallDisk(path)
            : null;

    /// <summary>Takes all that is free.</summary>
    internal void Fill()
    {
        byte[] block = new byte[64 * 1024];
        using var file = new FileStream(_filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    internal void Free() => File.Delete(_filler);

    public async ValueTask DisposeAsync() => _ = await CommandRun.RunAsync("/usr/bin/umount", ["--lazy", _path], CancellationToken.None);
}
