namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>Which Firecracker a test runs machines with.</summary>
public enum FirecrackerUnderTest
{
    /// <summary>The stand-in for it, which emulates.</summary>
    Standin,

    /// <summary>The host's own, which needs KVM.</summary>
    Real,
}
