using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Support;

/// <summary>A server on a socket of its own, and clients of it.</summary>
public abstract class ClientTest : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<FirecrackerClient> _clients = [];

    protected ClientTest()
    {
        SocketPath = _directory["api.sock"];
        Server = new ApiServer(SocketPath);
    }

    internal ApiServer Server { get; }

    internal string SocketPath { get; }

    internal string PathOf(string name) => _directory[name];

    internal FirecrackerClient Connect(FirecrackerClientOptions? options = null)
    {
        var client = new FirecrackerClient(SocketPath, options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Waits for the failure of a call.</summary>
    internal async Task<FirecrackerException> FailureOfAsync(Task call)
    {
        var failure = await Assert.ThrowsAsync<FirecrackerException>(() => call.Within());
        Assert.Equal(SocketPath, failure.SocketPath);
        Assert.Contains(SocketPath, failure.Message);
        return failure;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Server.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
