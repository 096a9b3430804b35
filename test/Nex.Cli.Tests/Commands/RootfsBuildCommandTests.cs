using Nex.Cli.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Cli.Tests.Commands;

public sealed class RootfsBuildCommandTests : IDisposable
{
    private const string Agent = "/bin/true";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_image_is_built_and_described()
    {
        CommandResult result = await NexProgram.RunAsync("rootfs", "build", "--agent", Agent, "--output", _directory["image"]);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Matches($"^{_directory["image"]}: [0-9]+ entries, {new FileInfo(_directory["image"]).Length} bytes, SHA-256 [0-9a-f]{{64}}\n$", result.Output);
    }

    [Theory]
    [InlineData("initramfs")]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    public async Task Everybody_builds_the_same_image_in_whatever_surroundings(string format)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mksquashfs") && File.Exists("/usr/sbin/mke2fs"), "squashfs-tools or e2fsprogs is not installed.");
        string[] arguments = ["rootfs", "build", "--agent", Agent, "--format", format, "--add", "/opt/shell=/bin/sh"];
        CommandResult first = await NexProgram.RunAsync([.. arguments, "--output", _directory["first"]]);

        // Another directory, mask, time zone and language, and where the tests run as root, another user.
        string other = Directory.CreateDirectory(_directory["other"]).FullName;
        File.SetUnixFileMode(other, File.GetUnixFileMode(other) | UnixFileMode.OtherWrite);
        string[] anotherUser = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        CommandResult second = await NexProgram.RunInAsync(
            other,
            [.. anotherUser, "sh", "-c", "umask 077; exec \"$@\"", "sh"],
            [.. arguments, "--output", "second"],
            ("TZ", "Asia/Kathmandu"), ("LC_ALL", "de_DE.UTF-8"), ("SOURCE_DATE_EPOCH", "1234567890"), ("DOTNET_CLI_HOME", "/tmp"));

        Assert.True(first.ExitCode == 0 && second.ExitCode == 0, first.Errors + second.Errors);
        Assert.Equal(File.ReadAllBytes(_directory["first"]), File.ReadAllBytes(Path.Combine(other, "second")));
        Assert.Equal(["second"], Directory.EnumerateFileSystemEntries(other).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("GUESTPATH=HOSTPATH", "--add", "nothing")]
    [InlineData("whole number of MiB", "--format", "ext4", "--size", "0")]
    [InlineData("--size many", "--format", "ext4", "--size", "many")]
    [InlineData("for the format ext4", "--size", "8")]
    [InlineData("for the format initramfs", "--format", "squashfs", "--compression", "gzip")]
    [InlineData("initramfs", "--format", "iso")]
    public async Task Options_that_cannot_be_meant_are_refused_before_anything_is_done(string hint, params string[] options)
    {
        CommandResult result = await NexProgram.RunAsync(["rootfs", "build", "--agent", Agent, "--output", _directory["image"], .. options]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["image"]));
    }

    [Theory]
    [InlineData("--compression", "gzip")]
    [InlineData("--compression", "gzip", "--format", "initramfs")]
    [InlineData("--compression", "none")]
    public async Task An_initramfs_can_be_compressed_whether_or_not_its_format_is_named(params string[] options)
    {
        CommandResult result = await NexProgram.RunAsync(["rootfs", "build", "--agent", Agent, "--output", _directory["image"], .. options]);

        Assert.True(result.ExitCode == 0, result.Errors);
        byte[] start = File.ReadAllBytes(_directory["image"])[..2];
        Assert.Equal(options[1] == "gzip" ? [0x1f, 0x8b] : "07"u8.ToArray(), start);
    }

    [Fact]
    public async Task Help_names_the_formats_as_they_are_written() =>
        Assert.Contains("[default: initramfs]", (await NexProgram.RunAsync("rootfs", "build", "--help")).Output, StringComparison.Ordinal);

    [Fact]
    public async Task A_directory_without_a_kernel_is_refused()
    {
        CommandResult result = await NexProgram.RunAsync(
            "rootfs", "build", "--agent", Agent, "--output", _directory["image"], "--kernel", _directory.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nex kernel --output", result.Errors, StringComparison.Ordinal);
    }
}
