using System.Runtime.InteropServices;

namespace Nex.Linux;

/// <summary>The error numbers that this code tells apart, as Linux numbers them on x86-64 and arm64.</summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int NoProcess = 3;
    internal const int Interrupted = 4;
    internal const int NoDeviceOrAddress = 6;
    internal const int NoChild = 10;
    internal const int Again = 11;
    internal const int AccessDenied = 13;
    internal const int Exists = 17;
    internal const int NoDevice = 19;
    internal const int Invalid = 22;
    internal const int TextFileBusy = 26;
    internal const int BrokenPipe = 32;
    internal const int NoLocks = 37;
    internal const int NotImplemented = 38;
    internal const int NotSupported = 95;
    internal const int ConnectionReset = 104;

    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>What the C library says of an error number, such as "No such file or directory".</summary>
    internal static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
