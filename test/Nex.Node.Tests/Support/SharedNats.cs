using System.Collections.Concurrent;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;

[assembly: AssemblyFixture(typeof(SharedNats))]

namespace Nex.Node.Tests.Support;

/// <summary>One nats-server for all tests that do not harm it. Nodes of other tests are on it too.</summary>
public sealed class SharedNats : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> _uploads = new();

    internal NatsServer Server { get; private set; } = null!;

    /// <summary>Puts a test program there, once for all tests: one that came again would take it away under the hands of who fetches it.</summary>
    internal Task UploadAsync(string program, Stranger stranger) =>
        _uploads.GetOrAdd(program, _ => new Lazy<Task>(() => stranger.UploadAsync(program, File.ReadAllBytes(TestPrograms.Path(program))))).Value;

    public async ValueTask InitializeAsync() => Server = await NatsServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
