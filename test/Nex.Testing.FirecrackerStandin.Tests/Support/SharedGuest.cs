using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedGuest))]

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>One guest for all tests that leave it as they find it: a boot takes longer than they do. It has an entropy device.</summary>
public sealed class SharedGuest : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private TestGuest? _guest;

    /// <summary>Boots it for the first test. One test at a time.</summary>
    internal async Task<TestGuest> GetAsync() => _guest ??= await TestGuest.BootAsync(_directory, api => api.MustPutAsync("/entropy", "{}"));

    public async ValueTask DisposeAsync()
    {
        if (_guest is not null)
        {
            await _guest.DisposeAsync();
        }

        _directory.Dispose();
    }
}
