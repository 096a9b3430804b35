using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Tests.Contents;

public sealed class GuestPathTests
{
    [Theory]
    [InlineData("/a")]
    [InlineData("/usr/bin/a program")]
    [InlineData("/..a/b..")]
    [InlineData("/käse\n")]
    public void An_absolute_path_is_taken_as_it_is(string path) => Assert.Equal(path, GuestPath.Parse(path));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("/a//b")]
    [InlineData("/a/../../b")]
    [InlineData("/./a")]
    [InlineData("/a\0b")]
    public void A_path_that_is_not_absolute_and_plain_is_refused(string path)
    {
        var refused = Assert.Throws<GuestImageException>(() => GuestPath.Parse(path));

        Assert.Equal(GuestImageError.InvalidPath, refused.Error);
    }

    [Fact]
    public void A_name_that_no_file_system_takes_is_refused()
    {
        var refused = Assert.Throws<GuestImageException>(() => GuestPath.Parse("/" + new string('ä', 128)));

        Assert.Equal(GuestImageError.InvalidPath, refused.Error);
    }

    [Theory]
    [InlineData("/a/../b/./c", "/b/c")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/..", "/")]
    public void Dots_are_taken_out_and_nothing_is_above_the_root(string path, string expected) =>
        Assert.Equal(expected, GuestPath.Normalize(path));
}
