using Nex.Control.Connections;
using Nex.Testing.Files;

namespace Nex.Control.Tests.Connections;

public sealed class PrivateFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_several_that_make_a_file_at_once_one_does_and_it_stays()
    {
        const int makers = 4;
        using var start = new Barrier(makers);
        for (int round = 0; round < 200; round++)
        {
            string path = _directory[$"{round}"];
            bool[] made = new bool[makers];

            Thread[] threads = [.. Enumerable.Range(0, makers).Select(maker => new Thread(() =>
            {
                start.SignalAndWait();
                made[maker] = PrivateFile.TryCreate(path, [(byte)maker]);
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());

            Assert.Equal(Assert.Single(Enumerable.Range(0, makers), maker => made[maker]), Assert.Single(File.ReadAllBytes(path)));
        }
    }

    [Fact]
    public void A_file_is_its_owners_alone_and_nothing_is_left_beside_it()
    {
        PrivateFile.Write(_directory["key"], "old"u8);
        PrivateFile.Write(_directory["key"], "new"u8);

        Assert.False(PrivateFile.TryCreate(_directory["key"], "other"u8));

        Assert.Equal("new", File.ReadAllText(_directory["key"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["key"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Where_no_file_can_be_made_it_is_said() =>
        Assert.ThrowsAny<IOException>(() => PrivateFile.TryCreate(_directory["nowhere/key"], "x"u8));
}
