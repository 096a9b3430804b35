using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Configuration;
using Nex.Testing.FirecrackerStandin.Snapshots;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>The one machine of this process, from its configuration to its end. One call at a time.</summary>
internal sealed class Microvm(VmConfiguration configuration)
{
    private static readonly byte[] ElfMagic = [0x7f, .. "ELF"u8];

    private readonly TaskCompletionSource<GuestEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Guest? _guest;
    private bool _isPaused;

    internal VmConfiguration Configuration { get; } = configuration;

    internal bool IsBooted => _guest is not null;

    /// <summary>As the API says it.</summary>
    internal string State => _guest is null ? "Not started" : _isPaused ? "Paused" : "Running";

    internal Task<GuestEnd> Ended => _ended.Task;

    private Guest Guest => _guest ?? throw Faults.BeforeBoot();

    /// <exception cref="ApiFaultException">It cannot be started; it can be configured further and tried again.</exception>
    internal async Task StartAsync()
    {
        BootFiles boot = Configuration.Boot ?? throw Faults.NoKernel();
        byte[] magic = new byte[ElfMagic.Length];
        if (RandomAccess.Read(boot.Kernel, magic, 0) != magic.Length || !magic.AsSpan().SequenceEqual(ElfMagic))
        {
            throw Faults.NotAKernel();
        }

        if (boot.Initrd is null)
        {
            throw Faults.Start("firecracker-standin starts a guest from an initrd only: put one with the boot source.");
        }

        string root = Configuration.Describe().Drives is [{ IsRootDevice: true } drive, ..]
            ? $" root={(drive.Partuuid is { } id ? $"PARTUUID={id}" : "/dev/vda")} {(drive.IsReadOnly is true ? "ro" : "rw")}"
            : "";
        string arguments = boot.Source.Arguments() + root;
        using SafeFileHandle initrd = GuestFiles.BuildInitrd(boot.Initrd, arguments);
        GuestParts parts = Parts(GuestMemory.Create((long)Configuration.Machine.MemSizeMib << 20), epoch: 0);
        try
        {
            Follow(await Guest.BootAsync(parts, boot.Kernel, initrd, arguments).ConfigureAwait(false));
            await Guest.ResumeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QmpException or IOException)
        {
            throw Faults.Start($"Internal error while starting microVM: {failure.Message}");
        }
    }

    /// <exception cref="ApiFaultException">It is paused already. Not every Firecracker says so; a client must not rely on either.</exception>
    internal async Task PauseAsync()
    {
        if (_isPaused)
        {
            throw Faults.AlreadyPaused();
        }

        await AskAsync(guest => guest.PauseAsync(), Faults.Machine).ConfigureAwait(false);
        _isPaused = true;
    }

    internal async Task ResumeAsync()
    {
        await AskAsync(guest => guest.ResumeAsync(), Faults.Machine).ConfigureAwait(false);
        _isPaused = false;
    }

    internal async Task CreateSnapshotAsync(SnapshotCreateRequest request)
    {
        if (!_isPaused)
        {
            throw Faults.SnapshotWhileRunning();
        }

        if (Guest.IsMemoryFile(request.MemFilePath))
        {
            throw Faults.CreateSnapshot($"Cannot perform open on the memory backing file: {request.MemFilePath} is this guest's memory");
        }

        await using FileStream state = CreateFile(request.SnapshotPath, "snapshot");
        await using FileStream memory = CreateFile(request.MemFilePath, "memory");
        await AskAsync(
            guest => guest.SaveAsync(
                Configuration.Describe(), state, memory.SafeFileHandle, onlyChanges: request.SnapshotType == SnapshotType.Diff),
            reason => Faults.CreateSnapshot($"Cannot save the microVM state: {reason}")).ConfigureAwait(false);
    }

    /// <exception cref="ApiFaultException">It cannot be loaded. But for one that came too late, this process cannot go on.</exception>
    internal async Task LoadSnapshotAsync(SnapshotLoadRequest request)
    {
        if (Configuration.IsBootConfigured)
        {
            throw Faults.LoadAfterConfiguration();
        }

        if (request.MemBackend?.BackendType == MemoryBackendType.Uffd)
        {
            throw Faults.NotSupported("firecracker-standin loads memory from a file only");
        }

        using SnapshotFile snapshot = Load("Failed to get snapshot state from file: ", () => SnapshotFile.Open(request.SnapshotPath));
        ushort epoch = (ushort)Math.Max(1, (snapshot.State.Epoch + 1) & ushort.MaxValue);
        Configuration.Restore(snapshot.State.Vm, request);
        string memoryPath = request.MemBackend?.BackendPath ?? request.MemFilePath!;
        long size = (long)Configuration.Machine.MemSizeMib << 20;
        GuestMemory memory = Load("Failed to load guest memory: ", () => GuestMemory.Open(memoryPath, size));
        try
        {
            Follow(await Guest.LoadAsync(Parts(memory, epoch), snapshot).ConfigureAwait(false));
            _isPaused = true;
            if (request.ResumeVm)
            {
                await ResumeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is QmpException or IOException)
        {
            throw Faults.LoadSnapshot($"Failed to build microVM from snapshot: {failure.Message}");
        }
    }

    /// <summary>Changes a drive of the running guest.</summary>
    internal async Task UpdateDriveAsync(DriveUpdate update)
    {
        int index = Configuration.Drives.IndexOf(update.DriveId) ?? throw Faults.DriveUpdate($"invalid block device id: {update.DriveId}.");
        OpenDrive drive = Configuration.Drives.Updated(index, update);
        await AskAsync(guest => DriveUpdates.ApplyAsync(guest, index, update, drive), Faults.DriveUpdate).ConfigureAwait(false);
        Configuration.Drives.Replace(index, drive);
    }

    internal async Task UpdateBalloonAsync(BalloonUpdate update)
    {
        Configuration.UpdateBalloon(update.AmountMib);
        await AskAsync(guest => guest.SetBalloonAsync(update.AmountMib), Faults.BalloonUpdate).ConfigureAwait(false);
    }

    internal async Task<BalloonStatistics> BalloonStatisticsAsync()
    {
        const int pagesPerMebibyte = 256;
        Balloon balloon = Configuration.Balloon is { StatsPollingIntervalS: > 0 } enabled ? enabled : throw Faults.Machine("statistics are not enabled");
        JsonNode? answer = await AskAsync(guest => guest.ExecuteAsync("query-balloon"), Faults.Machine).ConfigureAwait(false);
        ulong actual = Configuration.Machine.MemSizeMib - ((answer?["actual"]?.GetValue<ulong>() ?? 0) >> 20);
        return new BalloonStatistics
        {
            TargetMib = balloon.AmountMib,
            TargetPages = (ulong)balloon.AmountMib * pagesPerMebibyte,
            ActualMib = actual,
            ActualPages = actual * pagesPerMebibyte,
        };
    }

    /// <summary>Ends the guest.</summary>
    internal Task KillAsync() => _guest?.KillAsync() ?? Task.CompletedTask;

    private GuestParts Parts(GuestMemory memory, ushort epoch) => new()
    {
        Vm = Configuration.Describe(),
        Memory = memory,
        DriveFiles = [.. Configuration.Drives.All.Select(drive => drive.File)],
        Taps = Configuration.Taps,
        Vsock = Configuration.Vsock,
        Console = SerialConsole.Open(Configuration.Serial),
        Epoch = epoch,
    };

    private void Follow(Guest guest)
    {
        _guest = guest;
        _ = guest.Ended.ContinueWith(ended => _ended.TrySetResult(ended.Result), TaskScheduler.Default);
    }

    private async Task AskAsync(Func<Guest, Task> ask, Func<string, ApiFaultException> fault) =>
        await AskAsync<JsonNode?>(
            async guest =>
            {
                await ask(guest).ConfigureAwait(false);
                return null;
            },
            fault).ConfigureAwait(false);

    private async Task<T> AskAsync<T>(Func<Guest, Task<T>> ask, Func<string, ApiFaultException> fault)
    {
        try
        {
            return await ask(Guest).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QmpException or IOException or InvalidDataException or SocketException)
        {
            throw fault(failure.Message);
        }
    }

    private static FileStream CreateFile(string path, string kind)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw Faults.CreateSnapshot($"Cannot perform open on the {kind} backing file: {HostError.Text(failure)}");
        }
    }

    private static T Load<T>(string step, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (InvalidDataException failure)
        {
            throw Faults.LoadSnapshot(step + failure.Message);
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw Faults.LoadSnapshot(step + HostError.Text(failure));
        }
    }
}
