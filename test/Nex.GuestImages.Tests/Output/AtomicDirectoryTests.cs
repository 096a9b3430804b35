using Nex.GuestImages.Output;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Output;

public sealed class AtomicDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Target => _directory["target"];

    private string Content => Path.Combine(Target, "content");

    public void Dispose() => _directory.Dispose();

    /// <summary>Who was told that it is there reads it next.</summary>
    [Fact]
    public async Task A_directory_that_is_replaced_is_not_away_for_a_moment()
    {
        await WriteAsync("old");
        using var over = new CancellationTokenSource();
        Task<int> looking = Task.Run(() =>
        {
            int looks = 0;
            for (; !over.IsCancellationRequested; looks++)
            {
                Assert.True(File.Exists(Content), $"It was away at look {looks}.");
            }

            return looks;
        });

        for (int count = 0; count < 500 && !looking.IsCompleted; count++)
        {
            await WriteAsync($"{count}");
        }

        await over.CancelAsync();
        _ = await looking.Within();
        Assert.Equal("499", await File.ReadAllTextAsync(Content));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task What_somebody_else_has_put_there_meanwhile_stays_where_it_will_do()
    {
        bool isThere = false;

        await AtomicDirectory.WriteAsync(Target, _ => true, _ => isThere, async unfinished =>
        {
            await WriteAsync("theirs");
            isThere = true;
            await FillAsync(unfinished, "ours");
        }).Within();

        Assert.Equal("theirs", await File.ReadAllTextAsync(Content));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task What_somebody_else_has_put_there_meanwhile_is_replaced_where_it_will_not_do()
    {
        await AtomicDirectory.WriteAsync(Target, _ => true, _ => false, async unfinished =>
        {
            await WriteAsync("theirs");
            await FillAsync(unfinished, "ours");
        }).Within();

        Assert.Equal("ours", await File.ReadAllTextAsync(Content));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_link_to_a_directory_is_replaced_and_what_it_leads_to_stays()
    {
        string elsewhere = Directory.CreateDirectory(_directory["elsewhere"]).FullName;
        await FillAsync(elsewhere, "old");
        _ = Directory.CreateSymbolicLink(Target, elsewhere);

        await WriteAsync("new");

        Assert.Equal("new", await File.ReadAllTextAsync(Content));
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(elsewhere, "content")));
    }

    private Task WriteAsync(string text) =>
        AtomicDirectory.WriteAsync(Target, _ => true, _ => false, unfinished => FillAsync(unfinished, text)).Within();

    private static Task FillAsync(string directory, string text) => File.WriteAllTextAsync(Path.Combine(directory, "content"), text);
}
