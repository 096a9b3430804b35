using System.Diagnostics;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests;

public sealed class ConnectionTests : ClientTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public async Task Many_calls_at_once_share_a_few_connections_and_none_is_turned_away(int maxConnections)
    {
        FirecrackerClient client = Connect(new FirecrackerClientOptions { MaxConnections = maxConnections, Timeout = Deadline.Length });

        await Task.WhenAll(Enumerable.Range(0, 300).Select(index => Task.Run(() => client.ResizeBalloonAsync(index)))).Within();

        Assert.Equal(
            Enumerable.Range(0, 300).Select(index => $$"""{"amount_mib":{{index}}}""").Order(StringComparer.Ordinal),
            Server.Requests.Reached.Select(request => request.Json).Order(StringComparer.Ordinal));
        Assert.InRange(Server.MostConnections, 1, maxConnections);
        Assert.InRange(Server.Connections.Reached.Count, 1, maxConnections);
    }

    [Fact]
    public async Task Calls_one_after_the_other_have_one_connection()
    {
        FirecrackerClient client = Connect();

        for (int index = 0; index < 10; index++)
        {
            await client.PauseAsync().Within();
        }

        Assert.Single(Server.Connections.Reached);
    }

    [Fact]
    public async Task A_connection_that_the_process_has_closed_meanwhile_is_replaced()
    {
        FirecrackerClient client = Connect();
        await client.PauseAsync().Within();
        (await Server.Connections.AtAsync(0)).Close();
        await Server.Ends.AtAsync(0);

        await client.ResumeAsync().Within();

        Assert.Equal(2, Server.Connections.Reached.Count);
    }

    [Fact]
    public async Task What_is_traced_in_the_program_adds_no_headers()
    {
        using Activity activity = new Activity("deploy").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("tenant", new string('x', 2000)).Start();

        await Connect().PauseAsync().Within();

        Assert.Equal(
            ["Host", "Accept", "Content-Type", "Content-Length"],
            (await Server.Requests.AtAsync(0)).HeaderLines.Select(line => line.Split(':')[0]));
    }
}
