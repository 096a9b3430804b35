using Nex.Node.Tests.Support;
using Nex.Testing.Nats;

[assembly: AssemblyFixture(typeof(SharedNats))]

namespace Nex.Node.Tests.Support;

/// <summary>One nats-server for all tests that do not harm it. Nodes of other tests are on it too.</summary>
public sealed class SharedNats : IAsyncLifetime
{
    internal NatsServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await NatsServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
