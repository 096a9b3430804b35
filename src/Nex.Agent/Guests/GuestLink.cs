using Microsoft.Win32.SafeHandles;
using Nex.Agent.Links;
using Nex.Linux;
using Nex.Linux.Machine;
using Nex.Linux.Sockets;

namespace Nex.Agent.Guests;

/// <summary>How a guest reaches its node.</summary>
internal abstract class GuestLink
{
    /// <summary>How long a device, or the node, may take to be there.</summary>
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Whether it can be opened once more.</summary>
    internal abstract bool CanReconnect { get; }

    /// <summary>Loads what the kernel needs for it.</summary>
    /// <param name="link">As the command line of the kernel names it.</param>
    /// <exception cref="IOException">There is no such link.</exception>
    internal static GuestLink Open(string link, KernelModules modules) => link.Split(':') switch
    {
        ["virtio-serial", var name] => new SerialGuestLink(name, modules),
        ["vsock", var port] when uint.TryParse(port, out uint number) => new SocketGuestLink(number, modules),
        _ => throw new IOException($"nex.link={link} on the command line of the kernel is no link: it is virtio-serial:NAME or vsock:PORT."),
    };

    internal abstract AgentLink Connect();

    /// <summary>A port of a virtual serial device, found by its name.</summary>
    private sealed class SerialGuestLink : GuestLink
    {
        private const string Ports = "/sys/class/virtio-ports";

        private readonly string _name;
        private readonly SafeFileHandle _port;

        internal SerialGuestLink(string name, KernelModules modules)
        {
            _name = name;
            // The kernel makes ports behind the back of who loads the module.
            using var events = new DeviceEvents();
            modules.Load("virtio_mmio", "virtio_console");
            _port = events.WaitFor(TryOpen, Patience)
                ?? throw new IOException($"This machine has no virtual serial port that is called {name}.");
        }

        internal override bool CanReconnect => false;

        internal override AgentLink Connect() => new(_port, isSocket: false);

        private SafeFileHandle? TryOpen()
        {
            if (!Directory.Exists(Ports))
            {
                return null;
            }

            foreach (string port in Directory.GetDirectories(Ports))
            {
                string file = Path.Combine(port, "name");
                if (File.Exists(file) && File.ReadAllText(file).Trim() == _name)
                {
                    return Descriptor.TryOpenDevice(Path.Combine("/dev", Path.GetFileName(port)));
                }
            }

            return null;
        }
    }

    /// <summary>A stream socket between machine and host, which the guest dials.</summary>
    private sealed class SocketGuestLink : GuestLink
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

        private readonly uint _port;

        internal SocketGuestLink(uint port, KernelModules modules)
        {
            _port = port;
            modules.Load("virtio_mmio", "vmw_vsock_virtio_transport");
        }

        internal override bool CanReconnect => true;

        internal override AgentLink Connect()
        {
            long begun = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(begun) < Patience)
            {
                if (VirtualSocket.TryConnect(_port) is { } socket)
                {
                    return new AgentLink(socket, isSocket: true);
                }

                // Nothing tells a guest that its host has begun to listen.
                Poller.Wait([], Pause);
            }

            throw new IOException($"Nobody listens on port {_port} of the host.");
        }
    }
}
