using Nex.GuestImages.Contents;
using Nex.Testing.Files;

namespace Nex.GuestImages.Tests.Contents;

public sealed class LibraryDirectoriesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Configured_directories_come_first_in_their_order()
    {
        _ = Directory.CreateDirectory(_directory["conf.d"]);
        File.WriteAllText(_directory["conf.d/b.conf"], "/b\n");
        File.WriteAllText(_directory["conf.d/a.conf"], "# a comment\n/a/  # another\n");
        File.WriteAllText(_directory["conf.d/ignored"], "/ignored\n");
        File.WriteAllText(_directory["ld.so.conf"], "/first\ninclude conf.d/*.conf\nhwcap 1 nosegneg\n/last /more,/most\n");

        Assert.Equal(
            ["/first", "/a", "/b", "/last", "/more", "/most", .. LibraryDirectories.BuiltIn],
            LibraryDirectories.ReadAll(_directory["ld.so.conf"]));
    }

    [Fact]
    public void A_file_that_includes_itself_comes_to_an_end()
    {
        File.WriteAllText(_directory["ld.so.conf"], "/once\ninclude ld.so.conf\n");

        Assert.Equal(["/once", .. LibraryDirectories.BuiltIn], LibraryDirectories.ReadAll(_directory["ld.so.conf"]));
    }

    [Fact]
    public void Without_a_configuration_the_built_in_ones_are_left() =>
        Assert.Equal(LibraryDirectories.BuiltIn, LibraryDirectories.ReadAll(_directory["none"]));
}
