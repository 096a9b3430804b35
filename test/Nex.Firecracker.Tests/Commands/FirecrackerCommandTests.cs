using Nex.Firecracker.Api;
using Nex.Firecracker.Commands;

namespace Nex.Firecracker.Tests.Commands;

public sealed class FirecrackerCommandTests
{
    private static readonly FirecrackerCommand Least = new() { Id = "vm-1", ApiSocket = "/run/api.sock" };

    [Fact]
    public void The_least() => Assert.Equal(["--id", "vm-1", "--api-sock", "/run/api.sock"], Least.ToArguments());

    [Fact]
    public void Everything()
    {
        FirecrackerCommand command = Least with
        {
            LogPath = "/run/fc.log",
            LogLevel = FirecrackerLogLevel.Debug,
            ShowLevel = true,
            ShowLogOrigin = true,
            LogModule = "api_server",
            MetricsPath = "/run/fc.metrics",
            SeccompFilter = "/etc/filter.bpf",
            BootTimer = true,
            EnablePci = true,
            HttpApiMaxPayloadSize = 102_400,
            MmdsSizeLimit = 204_800,
        };

        Assert.Equal(
            [
                "--id", "vm-1", "--api-sock", "/run/api.sock", "--log-path", "/run/fc.log", "--level", "Debug", "--show-level", "--show-log-origin",
                "--module", "api_server", "--metrics-path", "/run/fc.metrics", "--seccomp-filter", "/etc/filter.bpf", "--boot-timer", "--enable-pci",
                "--http-api-max-payload-size", "102400", "--mmds-size-limit", "204800",
            ],
            command.ToArguments());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("01j9zs0000abcdefghjkmnpqrs")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890-AZ")]
    public void An_id_has_up_to_64_letters_digits_and_hyphens(string id) => Assert.Equal(id, (Least with { Id = id }).ToArguments()[1]);

    [Theory]
    [InlineData("")]
    [InlineData("a_b")]
    [InlineData("a/../b")]
    [InlineData("ä")]
    [InlineData("a\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890-ABC")]
    public void Others_are_refused(string id) => Assert.Contains("Id must be 1 to 64", FaultOf(Least with { Id = id }));

    [Fact]
    public void All_faults_are_told_at_once()
    {
        string message = FaultOf(new FirecrackerCommand
        {
            Id = "",
            ApiSocket = "api.sock",
            LogPath = "log",
            MetricsPath = "metrics",
            SeccompFilter = "filter",
            LogLevel = (FirecrackerLogLevel)99,
            HttpApiMaxPayloadSize = 0,
            MmdsSizeLimit = -1,
        });

        Assert.All(["Id ", "ApiSocket ", "LogPath ", "MetricsPath ", "SeccompFilter ", "LogLevel ", "HttpApiMaxPayloadSize ", "MmdsSizeLimit "], option => Assert.Contains(option, message));
    }

    private static string FaultOf(FirecrackerCommand command)
    {
        var failure = Assert.Throws<FirecrackerException>(command.ToArguments);
        Assert.Equal(FirecrackerFailure.InvalidRequest, failure.Failure);
        return failure.Message;
    }
}
