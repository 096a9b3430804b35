using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Linux.Tests;

public sealed class LockFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string File => _directory["lock"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_at_a_time_has_it_and_the_file_goes_with_the_last()
    {
        int holders = 0, most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(Use, TaskCreationOptions.LongRunning))).Within();

        Assert.Equal(1, most);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));

        void Use()
        {
            for (int count = 0; count < 50; count++)
            {
                using var taken = LockFile.Take(File, CancellationToken.None);
                most = Math.Max(most, Interlocked.Increment(ref holders));
                _ = Thread.Yield();
                _ = Interlocked.Decrement(ref holders);
            }
        }
    }

    [Fact]
    public async Task Who_comes_second_waits_for_the_first()
    {
        var first = LockFile.Take(File, CancellationToken.None);
        Task<LockFile> second = Task.Factory.StartNew(() => LockFile.Take(File, CancellationToken.None), TaskCreationOptions.LongRunning);
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second.Within()).Dispose();
    }

    [Fact]
    public void Who_has_left_makes_no_file()
    {
        _ = Assert.Throws<OperationCanceledException>(() => LockFile.Take(File, new CancellationToken(canceled: true)));

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_file_that_somebody_left_is_no_obstacle()
    {
        System.IO.File.WriteAllText(File, "");

        LockFile.Take(File, CancellationToken.None).Dispose();

        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void Where_no_file_can_be_made_there_is_none() =>
        Assert.Equal(Errno.NoEntry, Assert.Throws<LinuxException>(() => LockFile.Take(_directory["nowhere/lock"], CancellationToken.None)).Errno);
}
