using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.Testing.Files;
using Nex.Testing.Recorders;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Templates;

public sealed class TemplateStoreTests : IDisposable
{
    private static readonly TemplateKey Key = TemplateKey.Of("kernel", "image");
    private static readonly byte[] MemoryContent = [.. new byte[200_000], 1, 2, 3, .. new byte[200_000]];
    private static readonly byte[] StateContent = [4, 5, 6];

    private readonly TempDirectory _directory = new();
    private readonly LogRecorder _log = new();
    private readonly TemplateStore _store;

    public TemplateStoreTests() => _store = new TemplateStore(_directory["templates"], _log);

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
        var store = new TemplateStore(_directory["file"], _log);

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

    public void Dispose() => _directory.Dispose();

    private void Save()
    {
        using Template template = Make();
        _store.TrySave(Key, template);
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
