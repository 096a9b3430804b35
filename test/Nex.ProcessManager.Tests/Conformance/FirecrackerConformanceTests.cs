using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>With the host's Firecracker where it has one and KVM, else with the stand-in, which boots the same guests.</summary>
public sealed class FirecrackerConformanceTests() : MicroVmConformanceTests(Sandbox.Firecracker)
{
    private readonly TempDirectory _directory = new();

    private protected override ProcessManagerOptions Options => field ??= TestFirecracker.OptionsOrSkip(_directory);

    public override async ValueTask DisposeAsync()
    {
        using (_directory)
        {
            await base.DisposeAsync();
        }
    }
}
