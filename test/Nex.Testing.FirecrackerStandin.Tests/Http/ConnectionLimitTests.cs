using System.Net.Sockets;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Http;

public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task An_eleventh_connection_is_refused()
    {
        using var directory = new TempDirectory();
        await using StandinProcess standin = await StandinProcess.StartAsync(directory["api"]);
        var sockets = new List<Socket>();
        try
        {
            for (int count = 0; count < 10; count++)
            {
                sockets.Add(await standin.Api.ConnectAsync());
                await ApiClient.WriteAsync(sockets[^1], "GET / HTTP/1.1\r\n\r\n");
                Assert.Equal(200, (await ApiClient.ReadAsync(sockets[^1]).Within()).Status);
            }

            using Socket eleventh = await standin.Api.ConnectAsync();
            ApiAnswer answer = await ApiClient.ReadAsync(eleventh).Within();

            Assert.Equal((503, "{ \"error\": \"Too many open connections\" }"), (answer.Status, answer.Body));
            Assert.Equal(0, await eleventh.ReceiveAsync(new byte[1]).Within());
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }
}
