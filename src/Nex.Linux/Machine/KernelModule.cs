using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Machine;

/// <summary>Parts of the kernel that are loaded while it runs.</summary>
internal static class KernelModule
{
    /// <summary>Loads a module, whose devices are there when it returns. One that is loaded already is left as it is.</summary>
    /// <exception cref="IOException">It cannot be read, or the kernel does not take it.</exception>
    internal static void Load(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        if (Libc.LoadModule(Libc.Number.LoadModule, file, "", 0) != 0 && Errno.Last != Errno.Exists)
        {
            throw LinuxException.Last("load module", path);
        }
    }
}
