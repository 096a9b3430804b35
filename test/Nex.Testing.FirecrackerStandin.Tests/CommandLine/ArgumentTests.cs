using System.Globalization;
using Nex.Linux.Processes;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.CommandLine;

public sealed class ArgumentTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--unknown")]
    [InlineData("positional")]
    [InlineData("--api-sock=/x")]
    [InlineData("--api-sock")]
    [InlineData("--id", "--api-sock", "/x")]
    [InlineData("--id", "a", "--id", "b")]
    [InlineData("--id", "with_underscore")]
    [InlineData("--id", "")]
    [InlineData("--http-api-max-payload-size", "many")]
    [InlineData("--no-seccomp", "--seccomp-filter", "/x")]
    public async Task Arguments_that_are_not_Firecrackers_end_it_with_153(params string[] arguments)
    {
        (int code, string text) = await StandinProcess.RunAsync(arguments);

        Assert.Equal(153, code);
        Assert.StartsWith("Arguments parsing error: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_of_65_characters_ends_it_with_153() =>
        Assert.Equal(153, (await StandinProcess.RunAsync("--id", new string('a', 65))).ExitCode);

    [Theory]
    [InlineData("--no-api")]
    [InlineData("--config-file", "/x")]
    [InlineData("--level", "loud")]
    public async Task What_it_cannot_be_configured_with_ends_it_with_152(params string[] arguments) =>
        Assert.Equal(152, (await StandinProcess.RunAsync(arguments)).ExitCode);

    [Fact]
    public async Task It_tells_its_version() => Assert.Equal((0, "Firecracker v1.17.0-dev"), await StandinProcess.RunAsync("--version"));

    [Fact]
    public async Task It_tells_the_version_of_its_snapshots() => Assert.Equal((0, "v1.0.0"), await StandinProcess.RunAsync("--snapshot-version"));

    [Fact]
    public async Task A_file_that_is_no_snapshot_is_not_described()
    {
        await File.WriteAllTextAsync(_directory["state"], "nothing of the kind");

        Assert.Equal(1, (await StandinProcess.RunAsync("--describe-snapshot", _directory["state"])).ExitCode);
    }

    [Fact]
    public async Task A_socket_that_was_left_over_keeps_it_from_starting()
    {
        await using (await StandinProcess.StartAsync(_directory["api"]))
        {
        }

        (int code, string text) = await StandinProcess.RunAsync("--api-sock", _directory["api"]);

        Assert.Equal(1, code);
        Assert.Contains($"Failed to open the API socket at: {_directory["api"]}. Check that it is not already used.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(25, 151)]
    [InlineData(24, 154)]
    [InlineData(1, 156)]
    public async Task A_signal_that_it_expects_ends_it_with_a_code_of_its_own(int signal, int code)
    {
        Assert.SkipWhen(IsIgnored(signal), $"Signal {signal} is ignored here, as nohup has it, and .NET leaves it so in what is started.");
        await using StandinProcess standin = await StandinProcess.StartAsync(_directory["api"]);

        Assert.True(Children.TrySignal(standin.Id, signal));

        Assert.Equal(code, await standin.ExitCodeAsync());
    }

    private static bool IsIgnored(int signal)
    {
        const string field = "SigIgn:";
        string line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith(field, StringComparison.Ordinal));
        return (ulong.Parse(line[field.Length..], NumberStyles.HexNumber) >> (signal - 1) & 1) != 0;
    }

    [Fact]
    public async Task Its_log_goes_to_the_file_that_is_named()
    {
        await File.WriteAllTextAsync(_directory["api"], "");

        (int code, string text) = await StandinProcess.RunAsync(
            "--api-sock", _directory["api"], "--id", "logged", "--log-path", _directory["log"], "--show-level");

        Assert.Equal(1, code);
        Assert.DoesNotContain("[logged:", text, StringComparison.Ordinal);
        Assert.Contains("[logged:main:INFO] Running Firecracker", await File.ReadAllTextAsync(_directory["log"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_arguments_of_Firecracker_are_taken()
    {
        await using StandinProcess standin = await StandinProcess.StartAsync(
            _directory["api"],
            "--id", "an-id-1", "--level", "Info", "--show-level", "--show-log-origin", "--module", "api_server",
            "--metrics-path", _directory["metrics"], "--boot-timer", "--start-time-us", "1", "--start-time-cpu-us", "2", "--parent-cpu-time-us", "3",
            "--no-seccomp", "--http-api-max-payload-size", "1000", "--mmds-size-limit", "2000", "--enable-pci");

        Assert.Equal("an-id-1", (await standin.Api.GetAsync("/")).Json["id"]!.GetValue<string>());
        Assert.Equal(_directory["metrics"], (await standin.Api.GetAsync("/vm/config")).Json["metrics"]!["metrics_path"]!.GetValue<string>());
    }
}
