using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Recorders;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Templates;

public sealed class TemplateStoreTests : IDisposable
{
    private static readonly TemplateKey Key = TemplateKey.Of("kernel", "image");
    private static readonly byte[] MemoryContent = [.. new byte[200_000], 1, 2, 3, .. new byte[200_000]];
    private static readonly byte[] StateContent = [4, 5, 6];

    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LogRecorder _log = new();
    private readonly TemplateStore _store;

    public TemplateStoreTests() => _store = new TemplateStore(_directory["templates"], _time, _log);

    private string Path => System.IO.Path.Combine(_directory["templates"], Key.ToString());

    [Fact]
    public void What_was_never_kept_is_not_there() => Assert.Null(_store.TryLoad(Key));

    [Fact]
    public void A_template_comes_back_as_it_was()
    {
        Save();

        using Template? template = _store.TryLoad(Key);

        Assert.NotNull(template);
        Assert.Equal(MemoryContent, Read(template.Memory));
        Assert.Equal(StateContent, Read(template.State));
        Assert.Null(_store.TryLoad(TemplateKey.Of("kernel", "another image")));
    }

    [Fact]
    public void What_comes_back_can_be_changed_by_nobody()
    {
        Save();

        using Template? template = _store.TryLoad(Key);

        Assert.NotNull(template);
        _ = Assert.ThrowsAny<Exception>(() => RandomAccess.Write(template.Memory, [9], 0));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("state")]
    public void A_template_that_was_changed_is_thrown_away(string file)
    {
        Save();
        using (FileStream stream = File.OpenWrite(System.IO.Path.Combine(Path, file)))
        {
            stream.WriteByte(0xFF);
        }

        Assert.Null(_store.TryLoad(Key));
        Assert.False(Directory.Exists(Path));
        Assert.Contains(_log.Lines.Reached, line => line.Text.Contains("is broken and is made again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("state")]
    [InlineData("sha256")]
    public void A_template_of_which_something_is_missing_is_thrown_away(string file)
    {
        Save();
        File.Delete(System.IO.Path.Combine(Path, file));

        Assert.Null(_store.TryLoad(Key));
        Assert.False(Directory.Exists(Path));
    }

    [Fact]
    public void A_directory_that_others_can_write_to_is_not_trusted()
    {
        Save();
        File.SetUnixFileMode(_directory["templates"], (UnixFileMode)0b111_111_111);

        Assert.Null(_store.TryLoad(Key));
    }

    [Fact]
    public void Where_nothing_can_be_written_a_template_is_not_kept_and_nothing_is_left()
    {
        File.WriteAllText(_directory["file"], "");
        var store = new TemplateStore(_directory["file"], _time, _log);

        using Template template = Make();
        store.TrySave(Key, template);

        Assert.Null(store.TryLoad(Key));
        Assert.Contains(_log.Lines.Reached, line => line.Text.Contains("could not be kept", StringComparison.Ordinal));
    }

    [Fact]
    public void Keeping_it_again_replaces_it_and_leaves_nothing_else()
    {
        Save();
        Save();

        Assert.Equal([Path], Directory.GetFileSystemEntries(_directory["templates"]));
    }

    [Fact]
    public void Only_the_templates_that_were_used_last_are_kept()
    {
        TemplateKey[] keys = [.. Enumerable.Range(0, TemplateStore.Kept + 1).Select(number => TemplateKey.Of("kernel", $"image {number}"))];
        foreach (TemplateKey key in keys[..^1])
        {
            Save(key);
        }

        _store.TryLoad(keys[0])!.Dispose();
        _time.Advance(TimeSpan.FromMinutes(1));
        Save(keys[^1]);

        Assert.Equal(
            keys.Where(key => key != keys[1]).Select(key => key.ToString()).Order(StringComparer.Ordinal),
            Directory.GetFileSystemEntries(_directory["templates"]).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_somebody_left_who_was_killed_while_keeping_one_is_removed_and_what_is_just_being_kept_is_not()
    {
        Directory.CreateDirectory(_directory["templates"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string abandoned = Directory.CreateDirectory(System.IO.Path.Combine(_directory["templates"], $".{Key}.abandoned")).FullName;
        _time.Advance(TimeSpan.FromHours(2));
        string fresh = Directory.CreateDirectory(System.IO.Path.Combine(_directory["templates"], $".{Key}.fresh")).FullName;
        Directory.SetLastWriteTimeUtc(fresh, _time.GetUtcNow().UtcDateTime);

        Save();

        Assert.False(Directory.Exists(abandoned));
        Assert.True(Directory.Exists(fresh));
    }

    [Fact]
    public async Task A_directory_of_somebody_else_is_not_trusted()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "Only root can give a directory away.");
        Save();
        _ = await CommandRun.RunAsync("/bin/chown", ["nobody", _directory["templates"]], TestContext.Current.CancellationToken);

        Assert.Null(_store.TryLoad(Key));
        Assert.Contains(_log.Lines.Reached, line => line.Text.Contains("belongs to user", StringComparison.Ordinal));
    }

    public void Dispose() => _directory.Dispose();

    private void Save() => Save(Key);

    private void Save(TemplateKey key)
    {
        // Each is used later than those before it.
        _time.Advance(TimeSpan.FromMinutes(1));
        using Template template = Make();
        _store.TrySave(key, template);
    }

    private static Template Make() => new(Sealed(MemoryContent), Sealed(StateContent));

    private static SafeFileHandle Sealed(byte[] content)
    {
        SafeFileHandle file = MemoryFile.Create("test");
        RandomAccess.Write(file, content, 0);
        MemoryFile.Seal(file);
        return file;
    }

    private static byte[] Read(SafeFileHandle file)
    {
        byte[] content = new byte[RandomAccess.GetLength(file)];
        _ = RandomAccess.Read(file, content, 0);
        return content;
    }
}
