using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Security;

/// <summary>The sandboxes that are meant for workloads which are not trusted.</summary>
public enum IsolatingSandbox
{
    Namespaces,
    Qemu,
    FirecrackerStandin,
    RealFirecracker,
}

internal static class IsolatingSandboxes
{
    /// <param name="directory">Takes what is made for it.</param>
    internal static ProcessManagerOptions Options(this IsolatingSandbox sandbox, TempDirectory directory) => sandbox switch
    {
        IsolatingSandbox.FirecrackerStandin => TestFirecracker.Options(FirecrackerUnderTest.Standin, directory),
        IsolatingSandbox.RealFirecracker => TestFirecracker.Options(FirecrackerUnderTest.Real, directory),
        IsolatingSandbox.Qemu => RealManager.OptionsOf(Sandbox.Qemu),
        _ => RealManager.OptionsOf(Sandbox.Namespaces),
    };
}
