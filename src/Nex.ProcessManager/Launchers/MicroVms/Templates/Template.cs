using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>
/// A machine that was booted to the point where its agent waits, as it was then. Both files are sealed: a clone maps the memory for itself, and
/// nothing that it or its hypervisor does changes what the next one gets.
/// </summary>
/// <param name="Memory">The memory of the machine.</param>
/// <param name="State">All the rest of it, as the hypervisor wrote it down.</param>
internal sealed record Template(SafeFileHandle Memory, SafeFileHandle State) : IDisposable
{
    public void Dispose()
    {
        Memory.Dispose();
        State.Dispose();
    }
}
