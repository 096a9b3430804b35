using Microsoft.Win32.SafeHandles;
using Nex.Linux.Sockets;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>The socket pairs between this program and a QEMU that is about to be started. Its ends are closed here when it has inherited them.</summary>
internal sealed class QemuSockets : IDisposable
{
    internal QemuSockets()
    {
        Input = File.OpenHandle("/dev/null");
        (Link, TheirLink) = SocketPair.Create();
        (Monitor, TheirMonitor) = SocketPair.Create();
        (Console, TheirConsole) = SocketPair.Create();
    }

    internal SafeFileHandle Input { get; }

    internal SafeFileHandle Link { get; }

    internal SafeFileHandle Monitor { get; }

    internal SafeFileHandle Console { get; }

    internal SafeFileHandle TheirLink { get; }

    internal SafeFileHandle TheirMonitor { get; }

    internal SafeFileHandle TheirConsole { get; }

    /// <summary>What has been taken over by then is not touched.</summary>
    public void Dispose()
    {
        SafeFileHandle[] all = [Input, Link, TheirLink, Monitor, TheirMonitor, Console, TheirConsole];
        foreach (SafeFileHandle handle in all)
        {
            handle.Dispose();
        }
    }
}
