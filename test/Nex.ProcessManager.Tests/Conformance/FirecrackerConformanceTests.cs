using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>With one Firecracker or the other, in jails or without them.</summary>
public abstract class FirecrackerConformanceTests(FirecrackerUnderTest which, bool jailed) : MicroVmConformanceTests(Sandbox.Firecracker)
{
    private readonly TempDirectory _directory = new();

    private protected override ProcessManagerOptions Options =>
        field ??= jailed ? TestFirecracker.JailedOptions(which, _directory) : TestFirecracker.Options(which, _directory);

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        using (_directory)
        {
            await base.DisposeAsync();
        }
    }
}
