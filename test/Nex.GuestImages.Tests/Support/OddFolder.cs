namespace Nex.GuestImages.Tests.Support;

/// <summary>A folder with all that makes tools stumble.</summary>
internal static class OddFolder
{
    private static readonly string[] Names =
    [
        " leading and trailing ", "-n", "#comment", "<12>", "a\"quote", "a'quote", "back\\slash", "new\nline", "tab\t", "$(id)", "*", "größer", "日本語", "~",
        new('n', 200),
    ];

    internal static async Task FillAsync(string folder)
    {
        foreach (string name in Names)
        {
            string directory = Directory.CreateDirectory(Path.Combine(folder, "odd", name)).FullName;
            await File.WriteAllTextAsync(Path.Combine(directory, name), "in " + name);
        }

        _ = File.CreateSymbolicLink(Path.Combine(folder, "odd", "link"), "-n/-n");
        _ = File.CreateSymbolicLink(Path.Combine(folder, "odd", "broken"), "/nowhere/" + new string('n', 100));
        _ = Directory.CreateDirectory(Path.Combine(folder, "odd", "empty"));
        await File.WriteAllTextAsync(Path.Combine(folder, "odd", "nothing"), "");
    }

    /// <summary>Checks what was taken out of an image.</summary>
    internal static async Task AssertIsInAsync(string root)
    {
        foreach (string name in Names)
        {
            Assert.Equal("in " + name, await File.ReadAllTextAsync(Path.Combine(root, "odd", name, name)));
        }

        Assert.Equal("-n/-n", new FileInfo(Path.Combine(root, "odd", "link")).LinkTarget);
        Assert.Equal("/nowhere/" + new string('n', 100), new FileInfo(Path.Combine(root, "odd", "broken")).LinkTarget);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(root, "odd", "empty")));
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(root, "odd", "nothing")));
        Assert.Equal(Names.Length + 4, Directory.EnumerateFileSystemEntries(Path.Combine(root, "odd")).Count());
    }
}
