using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Machine;
using Nex.Testing.FirecrackerStandin.Vsock;

namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>
/// What has been configured, with the files, devices and sockets that Firecracker opens when it is told of them. Every method that refuses
/// something throws <see cref="ApiFaultException"/> and changes nothing.
/// </summary>
internal sealed class VmConfiguration
{
    private const uint HintingDone = 1;

    private readonly List<NetworkInterface> _interfaces = [];
    private readonly List<SafeFileHandle> _taps = [];
    private EntropyDevice? _entropy;
    private CpuConfiguration? _cpu;
    private MmdsConfiguration? _mmds;
    private BootSource? _loadedBoot;

    /// <summary>The command that the guest was given last, of which the first two say that nothing is asked, and the last that began something.</summary>
    private uint _hint, _lastHint = HintingDone;

    /// <summary>Whether something was configured, or tried to be, after which no snapshot can be loaded.</summary>
    internal bool IsBootConfigured { get; set; }

    internal MachineConfiguration Machine { get; private set; } = MachineConfiguration.Default;

    internal BootFiles? Boot { get; private set; }

    internal VsockListener? Vsock { get; private set; }

    internal Balloon? Balloon { get; private set; }

    internal SerialDevice? Serial { get; set; }

    internal LoggerConfiguration? Logger { get; set; }

    internal MetricsConfiguration? Metrics { get; set; }

    internal DriveList Drives { get; } = new();

    internal IReadOnlyList<SafeFileHandle> Taps => _taps;

    internal void SetMachine(MachineConfiguration machine)
    {
        machine = machine.Checked();
        if (Balloon is { } balloon && balloon.AmountMib > machine.MemSizeMib)
        {
            throw Faults.MachineConfig(Faults.BalloonLargerThanMemory);
        }

        Machine = machine;
    }

    internal void SetBoot(BootSource source)
    {
        BootFiles files = BootFiles.Open(source);
        Boot?.Dispose();
        Boot = files;
    }

    internal void SetCpu(CpuConfiguration cpu) => _cpu = cpu;

    internal void SetEntropy(EntropyDevice entropy) => _entropy = entropy;

    internal void SetBalloon(Balloon balloon)
    {
        if (balloon.AmountMib > Machine.MemSizeMib)
        {
            throw Faults.BalloonTooLarge();
        }

        Balloon = balloon;
    }

    internal void UpdateBalloon(uint amountMib)
    {
        Balloon balloon = Balloon ?? throw Faults.BalloonUpdate("No balloon device found.");
        if (amountMib > Machine.MemSizeMib)
        {
            throw Faults.BalloonUpdate("Amount of pages requested cannot be greater than the memory size.");
        }

        Balloon = balloon with { AmountMib = amountMib };
    }

    /// <summary>Statistics are on or off from the start; only their interval can change.</summary>
    internal void UpdateBalloonStatistics(ushort intervalS)
    {
        Balloon balloon = Balloon ?? throw Faults.BalloonUpdate("No balloon device found.");
        if ((balloon.StatsPollingIntervalS == 0) != (intervalS == 0))
        {
            throw Faults.BalloonUpdate("Cannot enable/disable the statistics after boot.");
        }

        Balloon = balloon with { StatsPollingIntervalS = intervalS };
    }

    /// <summary>The guest is not told: only what was asked is remembered.</summary>
    internal void StartHinting()
    {
        RequireHinting();
        _hint = ++_lastHint;
    }

    internal void StopHinting()
    {
        RequireHinting();
        _hint = HintingDone;
    }

    internal BalloonHintingStatus DescribeHinting()
    {
        RequireHinting();
        return new BalloonHintingStatus { HostCmd = _hint };
    }

    internal void SetVsock(VsockDevice device)
    {
        if (device.GuestCid < 3)
        {
            throw Faults.InvalidCid(device.GuestCid);
        }

        VsockListener listener = Bind(device);
        Vsock?.Dispose();
        Vsock = listener;
    }

    internal void SetMmds(MmdsConfiguration mmds)
    {
        if (mmds.Ipv4Address is { } address && !IsLinkLocal(address))
        {
            throw Faults.MmdsConfig("The MMDS IPv4 address is not link local.");
        }

        if (mmds.NetworkInterfaces.Count == 0)
        {
            throw Faults.MmdsConfig("The list of network interface IDs that allow MMDS requests is empty.");
        }

        if (mmds.NetworkInterfaces.Any(id => !_interfaces.Exists(known => known.IfaceId == id)))
        {
            throw Faults.MmdsConfig(
                "The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.");
        }

        _mmds = mmds;
    }

    /// <summary>Adds an interface, or replaces the one of that id, whose TAP device is let go first.</summary>
    internal void SetInterface(NetworkInterface network)
    {
        if (network.GuestMac is { } mac && _interfaces.Exists(other => other.IfaceId != network.IfaceId
            && string.Equals(other.GuestMac, mac, StringComparison.OrdinalIgnoreCase)))
        {
            throw Faults.MacInUse(mac);
        }

        int index = _interfaces.FindIndex(other => other.IfaceId == network.IfaceId);
        if (index >= 0)
        {
            _taps[index].Dispose();
            _taps.RemoveAt(index);
            _interfaces.RemoveAt(index);
        }

        _taps.Add(TapDevice.Open(network.HostDevName));
        _interfaces.Add(network);
    }

    /// <summary>Its limits are kept, and not applied.</summary>
    internal void UpdateInterface(NetworkInterfaceUpdate update)
    {
        int index = _interfaces.FindIndex(network => network.IfaceId == update.IfaceId);
        if (index < 0)
        {
            throw Faults.NetworkUpdate($"invalid network interface id: {update.IfaceId}");
        }

        _interfaces[index] = _interfaces[index] with
        {
            RxRateLimiter = RateLimiter.Update(_interfaces[index].RxRateLimiter, update.RxRateLimiter),
            TxRateLimiter = RateLimiter.Update(_interfaces[index].TxRateLimiter, update.TxRateLimiter),
        };
    }

    internal VmDescription Describe() => new()
    {
        Machine = Machine,
        Drives = [.. Drives.All.Select(drive => drive.Drive)],
        NetworkInterfaces = [.. _interfaces],
        Vsock = Vsock?.Device,
        Balloon = Balloon,
        Entropy = _entropy,
        Mmds = _mmds,
    };

    /// <summary>Takes the configuration of a snapshot, with what the request puts in its place.</summary>
    internal void Restore(VmDescription vm, SnapshotLoadRequest request)
    {
        Machine = vm.Machine with { Smt = false, CpuTemplate = null, TrackDirtyPages = request.TrackDirtyPages || request.EnableDiffSnapshots };
        Balloon = vm.Balloon;
        _entropy = vm.Entropy;
        _mmds = vm.Mmds;
        _loadedBoot = new BootSource { KernelImagePath = "" };
        try
        {
            foreach (Drive drive in vm.Drives)
            {
                Drives.Put(drive);
            }

            RestoreInterfaces(vm.NetworkInterfaces, request.NetworkOverrides ?? []);
            RestoreVsock(vm.Vsock, request.VsockOverride);
        }
        catch (ApiFaultException failure)
        {
            throw Faults.LoadSnapshot($"Failed to build microVM from snapshot: {failure.Message}");
        }
    }

    internal FullConfiguration ToFull() => new()
    {
        Balloon = Balloon,
        Drives = [.. Drives.All.Select(drive => drive.Drive)],
        BootSource = Boot?.Source ?? _loadedBoot ?? new BootSource { KernelImagePath = "" },
        CpuConfig = _cpu,
        Logger = Logger,
        MachineConfig = Machine,
        Metrics = Metrics,
        MmdsConfig = _mmds,
        NetworkInterfaces = [.. _interfaces],
        Vsock = Vsock?.Device,
        Entropy = _entropy,
    };

    private void RequireHinting()
    {
        if (Balloon is not { FreePageHinting: true })
        {
            throw Faults.BalloonUpdate(Balloon is null ? "No balloon device found." : "Free page hinting is not enabled.");
        }
    }

    private void RestoreInterfaces(IReadOnlyList<NetworkInterface> interfaces, IReadOnlyList<NetworkOverride> overrides)
    {
        if (overrides.FirstOrDefault(change => !interfaces.Any(network => network.IfaceId == change.IfaceId)) is { } unknown)
        {
            throw Faults.NetworkUpdate($"Unknown Network Device: {unknown.IfaceId}");
        }

        foreach (NetworkInterface network in interfaces)
        {
            string? device = overrides.LastOrDefault(change => change.IfaceId == network.IfaceId)?.HostDevName;
            SetInterface(network with { HostDevName = device ?? network.HostDevName });
        }
    }

    private void RestoreVsock(VsockDevice? device, VsockOverride? change)
    {
        if (device is not null)
        {
            SetVsock(device with { UdsPath = change?.UdsPath ?? device.UdsPath });
        }
        else if (change is not null)
        {
            throw Faults.VsockSocket("Unknown Vsock Device");
        }
    }

    /// <summary>Whether RFC 3927 lets a host have it: the first and the last 256 addresses are kept back.</summary>
    private static bool IsLinkLocal(string address) =>
        IPAddress.TryParse(address, out IPAddress? parsed) && parsed.GetAddressBytes() is [169, 254, > 0 and < 255, _];

    private static VsockListener Bind(VsockDevice device)
    {
        try
        {
            return VsockListener.Bind(device);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            throw Faults.VsockSocket(HostError.Text(failure));
        }
    }
}
