using Nex.Testing.Files;

namespace Nex.Node.Tests;

public sealed class NodeIdentityTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void A_node_stays_who_it_is_and_only_its_user_can_read_its_secrets()
    {
        string keys = _directory["keys"];
        (string Id, string Xkey) first = Load(keys);
        Assert.Equal(first, Load(keys));
        Assert.StartsWith("N", first.Id, StringComparison.Ordinal);
        Assert.StartsWith("X", first.Xkey, StringComparison.Ordinal);
        Assert.Equal("rwx------", Mode(keys));
        Assert.Equal(["node.nk rw-------", "node.xk rw-------"], Directory.GetFiles(keys).Order().Select(file => $"{Path.GetFileName(file)} {Mode(file)}"));
    }

    [Theory]
    [InlineData("node.nk", UnixFileMode.GroupRead)]
    [InlineData("node.xk", UnixFileMode.OtherRead)]
    [InlineData("node.xk", UnixFileMode.GroupWrite)]
    [InlineData("", UnixFileMode.OtherWrite)]
    public void Keys_that_others_can_get_at_are_refused(string file, UnixFileMode mode)
    {
        string keys = _directory["keys"];
        _ = Load(keys);
        string path = Path.Combine(keys, file).TrimEnd('/');
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | mode);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Load(keys));
        Assert.Contains("chmod", refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SUAMEMEMEMEMEMEM")]
    [InlineData("not a seed at all, but longer than a seed would be, so that it cannot be one, whatever else may be wrong")]
    public void What_is_no_seed_is_refused_and_not_shown(string content)
    {
        string keys = _directory["keys"];
        _ = Load(keys);
        File.WriteAllText(Path.Combine(keys, "node.xk"), content);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Load(keys));
        Assert.True(content.Length == 0 || !refused.ToString().Contains(content, StringComparison.Ordinal));
    }

    [Fact]
    public void A_seed_of_another_kind_is_refused()
    {
        string keys = _directory["keys"];
        _ = Load(keys);
        File.WriteAllBytes(Path.Combine(keys, "node.xk"), File.ReadAllBytes(Path.Combine(keys, "node.nk")));
        _ = Assert.Throws<InvalidOperationException>(() => Load(keys));
    }

    public void Dispose() => _directory.Dispose();

    private static (string Id, string Xkey) Load(string directory)
    {
        using NodeIdentity identity = NodeIdentity.LoadOrCreate(directory);
        return (identity.Id, identity.PublicXkey);
    }

    private static string Mode(string path)
    {
        UnixFileMode mode = File.GetUnixFileMode(path);
        return string.Concat(Enumerable.Range(0, 9).Select(bit => (mode & (UnixFileMode)(1 << (8 - bit))) != 0 ? "rwx"[bit % 3] : '-'));
    }
}
