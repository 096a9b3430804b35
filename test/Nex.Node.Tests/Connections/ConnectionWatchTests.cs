using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Nex.Node.Connections;
using Nex.Node.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Connections;

public sealed class ConnectionWatchTests(SharedNats nats)
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(1);

    /// <summary>Each answer goes to the one that waits longest: from then on, every one is a ping late.</summary>
    [Fact]
    public async Task A_ping_that_was_lost_holds_up_none_of_those_who_ask_after_it()
    {
        await using var proxy = new StallingProxy(nats.Server);
        await using var connection = new NatsConnection(new NatsOpts { Url = proxy.Url, PingInterval = TimeSpan.FromDays(1) });
        await connection.ConnectAsync();
        var time = new TestTime();
        using var watch = new ConnectionWatch(connection, time, NullLogger.Instance);
        // The client asks by itself once.
        Assert.True(await watch.ConfirmAsync(watch.Current, CancellationToken.None).Within());
        // That answer may have come before anybody waited for it.
        int before = TimersSet();
        proxy.Stall();
        Task<bool> first = watch.ConfirmAsync(watch.Current, CancellationToken.None);
        _ = await proxy.Held.FirstAsync(held => held.EndsWith("PING\r\n", StringComparison.Ordinal));
        proxy.Forget();

        await time.PassAsync(PingInterval, before + 1);
        Assert.True(await first.Within());
        before = TimersSet();
        Task<bool> second = watch.ConfirmAsync(watch.Current, CancellationToken.None);
        await time.PassAsync(PingInterval, before + 1);

        Assert.True(await second.Within());

        int TimersSet() => time.TimersSet.Count(set => set == PingInterval);
    }
}
