using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;
using Nex.Linux.Sockets;

namespace Nex.Linux.Machine;

/// <summary>What only process 1 of a machine sets: its name, its clock, its end.</summary>
internal static unsafe class Host
{
    private const int RealTimeClock = 0;
    private const int RestartCommand = 0x01234567;

    /// <summary>Sets the wall clock.</summary>
    internal static void SetClock(DateTimeOffset time)
    {
        long ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        var value = new Libc.TimeSpec { Seconds = ticks / TimeSpan.TicksPerSecond, Nanoseconds = ticks % TimeSpan.TicksPerSecond * 100 };
        if (Libc.SetClock(RealTimeClock, value) != 0)
        {
            throw LinuxException.Last("clock_settime", "the wall clock");
        }
    }

    internal static void SetName(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        fixed (byte* start = bytes)
        {
            if (Libc.SetHostName(start, (nuint)bytes.Length) != 0)
            {
                throw LinuxException.Last("sethostname", name);
            }
        }
    }

    /// <summary>Switches the loopback interface on.</summary>
    internal static void EnableLoopback()
    {
        const nuint setFlags = 0x8914;
        const short up = 1;
        using SafeFileHandle socket = InternetSocket.Open();
        var request = new Libc.InterfaceFlags { Flags = up };
        request.Name[0] = (byte)'l';
        request.Name[1] = (byte)'o';
        if (Libc.Control(socket, setFlags, &request) != 0)
        {
            throw LinuxException.Last("enable", "the loopback interface");
        }
    }

    /// <summary>From now on the kernel writes nothing to the console, not even that it restarts.</summary>
    internal static void SilenceKernel() => File.WriteAllText("/proc/sys/kernel/printk", "0");

    /// <summary>Restarts the machine; a virtual one that is told not to restart ends by it. Does not return when it succeeds.</summary>
    internal static void Restart()
    {
        Libc.Sync();
        if (Libc.Reboot(RestartCommand) != 0)
        {
            throw LinuxException.Last("reboot", "the machine");
        }
    }
}
