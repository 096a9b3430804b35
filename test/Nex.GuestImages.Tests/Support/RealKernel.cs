using Nex.Testing.Files;

namespace Nex.GuestImages.Tests.Support;

/// <summary>
/// A kernel of Debian: the package that NEX_TEST_KERNEL_DEB names, unpacked once for all tests, or what `nex kernel` put into
/// artifacts/guest/kernel of the repository.
/// </summary>
public sealed class RealKernel : IAsyncLifetime
{
    /// <summary>The collection of the tests that use it.</summary>
    public const string Collection = "real kernel";

    private const string Variable = "NEX_TEST_KERNEL_DEB";

    private readonly TempDirectory _directory = new();
    private GuestKernel? _kernel;

    /// <summary>Skips the test where there is none.</summary>
    internal GuestKernel Require()
    {
        Assert.SkipWhen(_kernel is null, $"There is no kernel: set {Variable} to a package, or run: nex kernel --output artifacts/guest/kernel");
        return _kernel;
    }

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } package)
        {
            _kernel = await GuestKernel.UnpackAsync(new GuestKernelOptions { Directory = _directory["kernel"], PackageFile = package });
            return;
        }

        string standard = Path.Combine(FindRoot(), "artifacts", "guest", "kernel");
        _kernel = Directory.Exists(standard) ? GuestKernel.Open(standard) : null;
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException(
                $"No directory above {AppContext.BaseDirectory} holds Nex.slnx: run these tests from where they were built.");
    }
}

/// <summary>Tells the runner that those tests share one kernel.</summary>
[CollectionDefinition(RealKernel.Collection)]
public sealed class RealKernelCollection : ICollectionFixture<RealKernel>;
