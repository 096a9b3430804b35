using System.Runtime.InteropServices;

namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>A system call and its number on each architecture.</summary>
/// <param name="Name">As its manual page is called.</param>
/// <param name="X64">On x86-64.</param>
/// <param name="Arm64">On arm64; null where it has none.</param>
internal sealed record SystemCall(string Name, uint X64, uint? Arm64)
{
    internal uint? NumberOn(Architecture architecture) => architecture == Architecture.Arm64 ? Arm64 : X64;
}
