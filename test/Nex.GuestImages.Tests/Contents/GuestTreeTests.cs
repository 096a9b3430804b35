using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Contents;

public sealed class GuestTreeTests : ImageTest
{
    [Fact]
    public async Task What_the_user_gives_goes_before_what_is_there_by_default()
    {
        string hostname = WriteFile("folder/etc/hostname", "mine\n");

        GuestImage image = await BuildAsync(Options() with { Folder = Folder });

        Assert.Equal(hostname, image.Entries.Single(entry => entry.Path == "/etc/hostname").Source);
    }

    [Fact]
    public async Task A_link_to_a_directory_leads_to_where_it_points()
    {
        _ = Directory.CreateDirectory(Path.Combine(Folder, "usr/lib"));
        _ = File.CreateSymbolicLink(Path.Combine(Folder, "lib"), "usr/lib");

        GuestImage image = await BuildAsync(Options() with { Folder = Folder, Kernel = await KernelAsync() });

        Assert.Equal(GuestImageEntryKind.SymbolicLink, image.Entries.Single(entry => entry.Path == "/lib").Kind);
        Assert.Contains(image.Entries, entry => entry.Path == "/usr/lib/nex/modules/load-order");
        Assert.Contains(image.Entries, entry => entry.Path.StartsWith("/usr/lib/", StringComparison.Ordinal) && entry.Path.EndsWith("libc.so.6", StringComparison.Ordinal));
        Assert.DoesNotContain(image.Entries, entry => entry.Path.StartsWith("/lib/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_link_that_would_lead_out_of_the_image_stays_in_it()
    {
        _ = File.CreateSymbolicLink(Path.Combine(Folder, "etc"), "../../../conf");

        GuestImage image = await BuildAsync(Options() with { Folder = Folder });

        Assert.Contains(image.Entries, entry => entry.Path == "/conf/passwd");
    }

    [Fact]
    public async Task Links_that_go_round_in_a_circle_are_refused()
    {
        _ = File.CreateSymbolicLink(Path.Combine(Folder, "etc"), "/conf");
        _ = File.CreateSymbolicLink(Path.Combine(Folder, "conf"), "/etc");

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.InvalidPath, "circle");
    }

    [Fact]
    public async Task The_agents_place_is_taken_by_nobody_else()
    {
        string other = WriteFile("folder/init", "");

        _ = await RefusesAsync(Options() with { Folder = Folder }, GuestImageError.PathTaken, "/init", other);
    }

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a", "/a/b")]
    [InlineData("/a/b", "/a")]
    public async Task Two_files_at_one_path_are_refused(string first, string second)
    {
        string one = WriteFile("one", "1");
        string two = WriteFile("two", "2");

        _ = await RefusesAsync(Options() with { Files = [new(first, one), new(second, two)] }, GuestImageError.PathTaken, "path");
    }

    [Theory]
    [InlineData("/../etc/passwd")]
    [InlineData("relative")]
    [InlineData("/")]
    public async Task A_path_that_leads_elsewhere_is_refused(string path) =>
        _ = await RefusesAsync(Options() with { Files = [new(path, Agent)] }, GuestImageError.InvalidPath, path);

    [Fact]
    public async Task An_added_file_can_be_executed_in_the_guest_only_if_its_owner_can_do_so_here()
    {
        string data = WriteFile("data", "", UnixFileMode.UserRead);
        string program = WriteFile("program", "", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);

        GuestImage image = await BuildAsync(Options() with { Files = [new("/opt/x/data", data), new("/opt/x/program", program)] });

        Assert.Equal("644", Octal(image, "/opt/x/data"));
        Assert.Equal("755", Octal(image, "/opt/x/program"));
        Assert.Equal("755", Octal(image, "/opt/x"));
    }

    private static string Octal(GuestImage image, string path) =>
        Convert.ToString((int)image.Entries.Single(entry => entry.Path == path).Mode, toBase: 8);
}
