using Nex.Cli.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Cli.Tests.Commands;

public sealed class KernelCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_goes_wrong_is_one_line_on_standard_error()
    {
        File.WriteAllText(_directory["text.deb"], "no package");

        CommandResult result = await NexProgram.RunAsync("kernel", "--deb", _directory["text.deb"], "--output", _directory["kernel"]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"nex: {_directory["text.deb"]} is no Debian package.", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(result.Output);
        Assert.False(Directory.Exists(_directory["kernel"]));
    }

    [Fact]
    public async Task A_file_and_a_package_to_fetch_cannot_both_be_meant()
    {
        CommandResult result = await NexProgram.RunAsync("kernel", "--deb", "a.deb", "--package", "b", "--output", _directory["kernel"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--deb and --package cannot be given together", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_tells_which_package_is_fetched() =>
        Assert.Contains("linux-image-cloud-amd64", (await NexProgram.RunAsync("kernel", "--help")).Output, StringComparison.Ordinal);
}
