using System.Diagnostics;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class AddingFilesTests : ArtifactCacheTest
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_file_is_added_and_stays_what_it_is()
    {
        byte[] content = Content(1, 100 * KiB);
        string path = PathBeside("program");
        await File.WriteAllBytesAsync(path, content, Token);
        using ArtifactCache cache = Open();

        using ArtifactLease lease = await cache.AddFileAsync(path, Sha256(content), Token);

        Assert.Equal(content, Read(lease));
        Assert.Equal(content, await File.ReadAllBytesAsync(path, Token));
    }

    [Fact]
    public async Task A_missing_file_is_refused() =>
        await AssertRefusedAsync(PathBeside("missing"), ArtifactFailure.NotFound);

    [Fact]
    public async Task A_directory_is_refused() =>
        await AssertRefusedAsync(Directory.CreateDirectory(PathBeside("directory")).FullName, ArtifactFailure.NotAFile);

    [Fact]
    public async Task A_pipe_is_refused_and_not_waited_for()
    {
        string path = PathBeside("pipe");
        using (Process mkfifo = Process.Start("mkfifo", [path]))
        {
            await mkfifo.WaitForExitAsync(Token);
        }

        await AssertRefusedAsync(path, ArtifactFailure.NotAFile);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_refused()
    {
        string path = PathBeside("loop");
        File.CreateSymbolicLink(path, path);

        await AssertRefusedAsync(path, ArtifactFailure.Unreadable);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_refused() =>
        // The first page of a process's memory is never mapped.
        await AssertRefusedAsync("/proc/self/mem", ArtifactFailure.Unreadable);

    [Fact]
    public async Task A_device_without_end_is_refused() =>
        await AssertRefusedAsync("/dev/zero", ArtifactFailure.TooLarge, namesPath: false);

    private async Task AssertRefusedAsync(string path, ArtifactFailure reason, bool namesPath = true)
    {
        using ArtifactCache cache = Open();

        var failure = await Assert.ThrowsAsync<ArtifactException>(
            () => cache.AddFileAsync(path, cancellationToken: Token).WaitAsync(Deadline, TimeProvider.System, Token));

        Assert.Equal(reason, failure.Failure);
        Assert.Equal(namesPath, failure.Message.Contains(path, StringComparison.Ordinal));
        Assert.Equal((0, 0), (cache.Bytes, cache.Count));
        Assert.Empty(TemporaryFiles);
    }
}
