using System.Net.Sockets;
using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Contents;

public sealed class HostFolderTests : ImageTest
{
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    [Theory]
    [InlineData(Read)]
    [InlineData(UnixFileMode.UserRead)]
    [InlineData(Read | Write | Execute)]
    public async Task Permissions_are_kept(UnixFileMode mode)
    {
        _ = WriteFile("folder/file", "", mode);

        Assert.Equal(mode, (await EntryAsync("/file")).Mode);
    }

    [Fact]
    public async Task What_would_give_a_workload_more_rights_is_taken_away()
    {
        _ = WriteFile("folder/su", "", Read | Execute | UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit);

        Assert.Equal(Read | Execute, (await EntryAsync("/su")).Mode);
    }

    [Fact]
    public async Task A_directory_that_everybody_may_write_to_stays_safe()
    {
        string directory = Directory.CreateDirectory(Path.Combine(Folder, "shared")).FullName;
        File.SetUnixFileMode(directory, Read | Write | Execute | UnixFileMode.StickyBit | UnixFileMode.SetGroup);

        Assert.Equal(Read | Write | Execute | UnixFileMode.StickyBit, (await EntryAsync("/shared")).Mode);
    }

    [Theory]
    [InlineData("../../etc/shadow")]
    [InlineData("/etc/hostname")]
    [InlineData(".")]
    public async Task Symbolic_links_are_kept_and_never_followed(string target)
    {
        _ = File.CreateSymbolicLink(Path.Combine(Folder, "link"), target);

        GuestImageEntry link = await EntryAsync("/link");

        Assert.Equal((GuestImageEntryKind.SymbolicLink, target, 0), (link.Kind, link.LinkTarget, link.Size));
    }

    [Fact]
    public async Task A_file_with_two_names_becomes_two_files()
    {
        _ = WriteFile("folder/one", "text");
        _ = await HostTools.RunAsync("ln", [PathOf("folder/one"), PathOf("folder/two")]);

        Assert.Equal((GuestImageEntryKind.File, 4), ((await EntryAsync("/one")).Kind, (await EntryAsync("/one")).Size));
        Assert.Equal((GuestImageEntryKind.File, 4), ((await EntryAsync("/two")).Kind, (await EntryAsync("/two")).Size));
    }

    [Fact]
    public async Task A_named_pipe_is_refused_without_waiting_for_its_other_end()
    {
        _ = await HostTools.RunAsync("mkfifo", [PathOf("folder/pipe")]);

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.UnsupportedFile, PathOf("folder/pipe"));
    }

    [Fact]
    public async Task A_named_pipe_is_refused_where_it_is_added_by_itself_too()
    {
        _ = await HostTools.RunAsync("mkfifo", [PathOf("pipe")]);
        _ = File.CreateSymbolicLink(PathOf("link"), "pipe");

        _ = await RefusesAsync(Options() with { Files = [new("/file", PathOf("link"))] }, GuestImageError.UnsupportedFile, PathOf("link"));
        _ = await RefusesAsync(Options() with { Agent = PathOf("pipe") }, GuestImageError.UnsupportedFile, PathOf("pipe"));
    }

    [Fact]
    public async Task A_socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(PathOf("folder/socket")));

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.UnsupportedFile, "a socket");
    }

    [Fact]
    public async Task A_device_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can make a device.");
        _ = await HostTools.RunAsync("mknod", [PathOf("folder/null"), "c", "1", "3"]);

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.UnsupportedFile, "CharacterDevice");
    }

    [Theory]
    [InlineData("/dev")]
    [InlineData("/proc")]
    [InlineData("/run")]
    [InlineData("/sys")]
    [InlineData("/tmp")]
    [InlineData("/work")]
    public async Task What_the_guest_mounts_something_over_is_left_empty(string path)
    {
        string directory = Directory.CreateDirectory(Folder + path).FullName;
        _ = await HostTools.RunAsync("mkfifo", [Path.Combine(directory, "pipe")]);
        _ = WriteFile($"folder{path}-not/file", "text");

        GuestImage image = await BuildAsync(Options() with { Folder = Folder });

        Assert.Contains(image.Entries, entry => entry.Path == path);
        Assert.DoesNotContain(image.Entries, entry => entry.Path == $"{path}/pipe");
        Assert.Contains(image.Entries, entry => entry.Path == $"{path}-not/file");
    }

    [Fact]
    public async Task A_name_that_is_no_utf8_is_refused()
    {
        _ = await HostTools.RunAsync("sh", ["-c", "cd \"$0\" && : > \"$(printf 'a\\377')\"", Folder]);

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.InvalidPath, "UTF-8");

        // .NET cannot remove it.
        _ = await HostTools.RunAsync("rm", ["-r", Folder]);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_named() =>
        _ = await RefusesAsync(Options() with { Folder = PathOf("none") }, GuestImageError.Unreadable, PathOf("none"));

    private async Task<GuestImageEntry> EntryAsync(string path) =>
        (await BuildAsync(Options() with { Folder = Folder })).Entries.Single(entry => entry.Path == path);
}
