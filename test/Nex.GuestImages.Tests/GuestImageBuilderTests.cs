using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests;

public sealed class GuestImageBuilderTests : ImageTest
{
    [Fact]
    public async Task An_agent_that_does_not_exist_is_named() =>
        _ = await RefusesAsync(Options() with { Agent = PathOf("none") }, GuestImageError.Unreadable, PathOf("none"), "does not exist");

    [Fact]
    public async Task An_agent_that_is_a_directory_is_refused() =>
        _ = await RefusesAsync(Options() with { Agent = Folder }, GuestImageError.Unreadable, Folder);

    [Fact]
    public async Task An_agent_that_is_a_script_is_refused()
    {
        string script = WriteFile("script", "#!/bin/sh\n");

        _ = await RefusesAsync(Options() with { Agent = script }, GuestImageError.NotAProgram, "no 64-bit ELF program");
    }

    [Fact]
    public async Task An_agent_for_another_kind_of_processor_is_refused()
    {
        await File.WriteAllBytesAsync(PathOf("foreign"), TestElf.Foreign());

        _ = await RefusesAsync(Options() with { Agent = PathOf("foreign") }, GuestImageError.NotAProgram, "another kind of processor");
    }

    [Fact]
    public async Task A_damaged_agent_is_refused()
    {
        byte[] program = await File.ReadAllBytesAsync("/bin/sh");
        await File.WriteAllBytesAsync(PathOf("damaged"), program[..100]);

        _ = await RefusesAsync(Options() with { Agent = PathOf("damaged") }, GuestImageError.Damaged, PathOf("damaged"));
    }

    [Fact]
    public async Task A_failed_build_leaves_the_image_that_was_there()
    {
        string before = WriteFile("image", "the image of yesterday");

        _ = await RefusesAsync(Options() with { Files = [new("/missing", PathOf("missing"))] }, GuestImageError.Unreadable, PathOf("missing"));

        Assert.Equal("the image of yesterday", await File.ReadAllTextAsync(before));
    }

    [Theory]
    [InlineData(GuestImageFormat.Initramfs)]
    [InlineData(GuestImageFormat.Ext4)]
    [InlineData(GuestImageFormat.Squashfs)]
    public async Task A_file_that_changes_meanwhile_leaves_nothing(GuestImageFormat format)
    {
        // A file of the system that says that it is empty, and is not.
        GuestImageOptions options = Options(format) with { Files = [new("/version", "/proc/version")] };

        _ = await RefusesAsync(options, GuestImageError.FileChanged, "/proc/version");
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_named()
    {
        string file = WriteFile("file", "");

        _ = await RefusesAsync(Options() with { Output = Path.Combine(file, "image") }, GuestImageError.OutputFailed, file);
    }

    [Fact]
    public async Task The_directory_of_the_output_is_made()
    {
        GuestImage image = await BuildAsync(Options() with { Output = PathOf("new/directory/image") });

        Assert.True(File.Exists(image.Path));
    }

    [Fact]
    public async Task An_image_that_is_there_is_replaced()
    {
        _ = WriteFile("image", "the image of yesterday");

        GuestImage image = await BuildAsync(Options());

        Assert.Equal(image.Size, new FileInfo(PathOf("image")).Length);
    }
}
