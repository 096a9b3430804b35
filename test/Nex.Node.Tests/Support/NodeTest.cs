using Nex.ProcessManager.Configuration;

namespace Nex.Node.Tests.Support;

/// <summary>What tests with one node and one stranger have in common.</summary>
public abstract class NodeTest(SharedNats nats) : IAsyncLifetime
{
    private readonly List<NodeUnderTest> _nodes = [];

    internal SharedNats Nats => nats;

    internal Stranger Stranger { get; private set; } = null!;

    public virtual ValueTask InitializeAsync()
    {
        Stranger = new Stranger(nats.Server);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NodeUnderTest node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Stranger.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal async Task<NodeUnderTest> StartNodeAsync(NodeOptions? options = null, ProcessManagerOptions? processes = null, TimeProvider? time = null)
    {
        NodeUnderTest node = await NodeUnderTest.StartAsync(nats.Server, options, processes, time);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Puts a test program where the stranger's requests find it.</summary>
    internal Task UploadAsync(string program) => nats.UploadAsync(program, Stranger);
}
