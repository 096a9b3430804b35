using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>Calls that only tests make.</summary>
internal static partial class TestLibc
{
    /// <summary>A second descriptor, which unlike all that .NET makes is inherited by every program that is started.</summary>
    internal static SafeFileHandle DuplicateInheritable(SafeFileHandle file) =>
        new(Duplicate((int)file.DangerousGetHandle()), ownsHandle: true);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}
