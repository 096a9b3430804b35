using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>A TAP device of the host.</summary>
internal static unsafe partial class TapDevice
{
    private const int MaxNameLength = 15;
    private const uint SetInterface = 0x400454ca;
    private const short TapWithHeaderWithoutInformation = 0x0002 | 0x1000 | 0x4000;
    private const int InvalidArgument = 22;

    /// <summary>Takes the device: nobody else can have it until this descriptor and its copies are closed.</summary>
    /// <exception cref="ApiFaultException">There is none, or another has it.</exception>
    internal static SafeFileHandle Open(string name)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            throw Faults.Tap(name, HostError.Text(InvalidArgument));
        }

        SafeFileHandle? tap = null;
        try
        {
            tap = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var request = default(InterfaceRequest);
            _ = Encoding.UTF8.GetBytes(name, new Span<byte>(request.Name, MaxNameLength));
            request.Flags = TapWithHeaderWithoutInformation;
            if (Control(tap, SetInterface, &request) == 0)
            {
                return tap;
            }

            throw Faults.Tap(name, HostError.Text(Marshal.GetLastPInvokeError()));
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw Faults.Tap(name, HostError.Text(failure));
        }
        catch (ApiFaultException)
        {
            tap?.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle descriptor, nuint request, InterfaceRequest* argument);

    /// <summary><c>struct ifreq</c>.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    private struct InterfaceRequest
    {
        public fixed byte Name[MaxNameLength + 1];
        public short Flags;
    }
}
