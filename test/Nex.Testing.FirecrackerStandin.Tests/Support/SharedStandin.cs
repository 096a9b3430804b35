using Nex.Testing.Files;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>One standin for all tests of a class, none of which changes what another finds.</summary>
public sealed class SharedStandin : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();

    internal StandinProcess Standin { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Standin = await StandinProcess.StartAsync(_directory["api"]);

    public async ValueTask DisposeAsync()
    {
        await Standin.DisposeAsync();
        _directory.Dispose();
    }
}
