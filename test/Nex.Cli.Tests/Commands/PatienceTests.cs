using Nex.Cli.Commands;
using Nex.Client;

namespace Nex.Cli.Tests.Commands;

public sealed class PatienceTests
{
    [Fact]
    public void Who_waits_longer_for_an_answer_waits_no_shorter_for_a_deploy()
    {
        var usual = new NexClientOptions();

        Assert.Equal(usual, CommandRun.WithTimeout(usual, null));
        Assert.Equal((Seconds(5), usual.WorkTimeout), Both(CommandRun.WithTimeout(usual, Seconds(5))));
        Assert.Equal((Seconds(300), Seconds(300)), Both(CommandRun.WithTimeout(usual, Seconds(300))));
    }

    private static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);

    private static (TimeSpan, TimeSpan) Both(NexClientOptions options) => (options.Timeout, options.WorkTimeout);
}
