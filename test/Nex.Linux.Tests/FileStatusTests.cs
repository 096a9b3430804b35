using Nex.Testing.Files;

namespace Nex.Linux.Tests;

public sealed class FileStatusTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.GroupExecute | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_is_told_from_a_file_with_its_owner_group_and_mode()
    {
        _ = Directory.CreateDirectory(_directory["directory"]);
        File.WriteAllText(_directory["file"], "");
        File.SetUnixFileMode(_directory["directory"], Mode);
        File.SetUnixFileMode(_directory["file"], Mode);

        uint user = ProcessControl.EffectiveUserId, group = FileStatus.Read("/proc/self").GroupId;
        Assert.Equal(new FileStatus(user, group, IsDirectory: true, IsLink: false, Mode), FileStatus.Read(_directory["directory"]));
        Assert.Equal(new FileStatus(user, group, IsDirectory: false, IsLink: false, Mode), FileStatus.Read(_directory["file"]));
        Assert.Equal(0u, FileStatus.Read("/proc").OwnerId);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nowhere")]
    public void A_link_is_a_link_wherever_it_leads(string target)
    {
        _ = File.CreateSymbolicLink(_directory["link"], target);

        FileStatus status = FileStatus.Read(_directory["link"]);

        Assert.Equal((true, false), (status.IsLink, status.IsDirectory));
    }

    [Fact]
    public void What_does_not_exist_is_named()
    {
        LinuxException failure = Assert.Throws<LinuxException>(() => FileStatus.Read(_directory["nowhere"]));

        Assert.Equal(Errno.NoEntry, failure.Errno);
        Assert.Contains(_directory["nowhere"], failure.Message, StringComparison.Ordinal);
    }
}
