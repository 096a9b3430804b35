using Nex.Testing.Files;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>One snapshot for all tests of a class. The guest that it was taken of is gone, and has left its socket.</summary>
public sealed class SharedSnapshot : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();

    public async ValueTask InitializeAsync()
    {
        await using TestGuest template = await TestGuest.BootAsync(_directory, api => api.MustPutAsync("/entropy", "{}"));
        await template.SnapshotAsync();
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives a test files of its own.</summary>
    internal void CopyTo(TempDirectory directory)
    {
        foreach (string name in new[] { "state", "memory" })
        {
            File.Copy(_directory[name], directory[name]);
        }
    }
}
