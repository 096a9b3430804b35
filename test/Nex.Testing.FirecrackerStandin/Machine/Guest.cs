using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Sockets;
using Nex.Testing.FirecrackerStandin.Configuration;
using Nex.Testing.FirecrackerStandin.Snapshots;
using Nex.Testing.FirecrackerStandin.Vsock;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>How a guest ended.</summary>
internal enum GuestEnd
{
    /// <summary>It reset its machine, as by <c>reboot</c>: that ends the process.</summary>
    Reset,

    /// <summary>QEMU ended by itself.</summary>
    Crash,
}

/// <summary>What a guest is made from, besides its devices.</summary>
internal sealed record GuestParts
{
    internal required VmDescription Vm { get; init; }

    internal required GuestMemory Memory { get; init; }

    /// <summary>The open file of each drive.</summary>
    internal required IReadOnlyList<SafeFileHandle> DriveFiles { get; init; }

    /// <summary>The open TAP device of each interface.</summary>
    internal required IReadOnlyList<SafeFileHandle> Taps { get; init; }

    internal required VsockListener? Vsock { get; init; }

    internal required SerialConsole Console { get; init; }

    /// <summary>Of its sockets: 0, or for a copy one more than that of the machine that it is a copy of.</summary>
    internal required ushort Epoch { get; init; }
}

/// <summary>A guest in QEMU, with its console and its sockets. It starts paused.</summary>
internal sealed class Guest
{
    private readonly GuestParts _parts;
    private readonly TaskCompletionSource<GuestEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly QmpClient _control;
    private readonly Bridge _bridge;
    private readonly Socket _console;
    private QemuProcess? _process;
    private TaskCompletionSource<string>? _migration;

    /// <summary>QEMU's state since the guest was paused: it gives it once, and the guest that is not resumed keeps it.</summary>
    private SafeFileHandle? _saved;

    private Guest(GuestParts parts, Socket control, Socket console, Socket bridge)
    {
        _parts = parts;
        _console = console;
        _bridge = new Bridge(bridge, parts.Vsock, parts.Epoch);
        _control = new QmpClient(control, OnEvent);
    }

    /// <summary>Why it ended, once it has. A guest that has switched its machine off has not: its process goes on.</summary>
    internal Task<GuestEnd> Ended => _ended.Task;

    /// <summary>A guest that begins with its kernel.</summary>
    /// <exception cref="QmpException">QEMU did not start; the reason is on standard error.</exception>
    internal static async Task<Guest> BootAsync(GuestParts parts, SafeFileHandle kernel, SafeFileHandle initrd, string arguments) =>
        await StartAsync(parts, line => line.AddKernel(kernel, initrd, arguments)).ConfigureAwait(false);

    /// <summary>A guest that goes on where a snapshot was taken.</summary>
    /// <exception cref="QmpException">QEMU did not start, or did not take the state; the reason is on standard error.</exception>
    internal static async Task<Guest> LoadAsync(GuestParts parts, SnapshotFile snapshot)
    {
        Guest guest = await StartAsync(parts, line => line.AddIncoming()).ConfigureAwait(false);
        try
        {
            await guest.ReceiveStateAsync(snapshot).ConfigureAwait(false);
            return guest;
        }
        catch (QmpException)
        {
            await guest.KillAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal async Task ResumeAsync()
    {
        _saved?.Dispose();
        _saved = null;
        _ = await _control.ExecuteAsync("cont").ConfigureAwait(false);
        _bridge.Gate.Open();
    }

    internal async Task PauseAsync()
    {
        _bridge.Gate.Close();
        _ = await _control.ExecuteAsync("stop").ConfigureAwait(false);
    }

    /// <summary>Writes the state of the paused guest, without its memory, and its memory.</summary>
    /// <param name="vm">As it is configured now.</param>
    /// <exception cref="QmpException">QEMU did not give it.</exception>
    internal async Task SaveAsync(VmDescription vm, FileStream stateFile, SafeFileHandle memoryFile, bool onlyChanges)
    {
        _saved ??= await SaveStateAsync().ConfigureAwait(false);
        await using var saved = new FileStream(Descriptor.Duplicate(_saved), FileAccess.Read);
        saved.Position = 0;
        await SnapshotFile.WriteAsync(stateFile, new SnapshotState { Vm = vm, Epoch = _parts.Epoch }, saved).ConfigureAwait(false);
        _parts.Memory.WriteTo(memoryFile, _process!.ProcessId, onlyChanges);
    }

    internal bool IsMemoryFile(string path) => _parts.Memory.IsFile(path);

    /// <summary>Sends a command to the machine.</summary>
    /// <param name="descriptor">Goes with the command.</param>
    /// <exception cref="QmpException">It was refused.</exception>
    internal Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null, SafeFileHandle? descriptor = null) =>
        _control.ExecuteAsync(command, arguments, descriptor);

    /// <summary>Ends it at once.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill();
        _ = await _process.Exited.ConfigureAwait(false);
    }

    private static async Task<Guest> StartAsync(GuestParts parts, Action<QemuCommandLine> addStart)
    {
        (SafeFileHandle control, SafeFileHandle theirControl) = SocketPair.Create();
        (SafeFileHandle console, SafeFileHandle theirConsole) = SocketPair.Create();
        (SafeFileHandle bridge, SafeFileHandle theirBridge) = SocketPair.Create();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using (theirControl)
        using (theirConsole)
        using (theirBridge)
        {
            SafeFileHandle error = new(2, ownsHandle: false);
            var line = new QemuCommandLine(parts.Vm, [input, error, error]);
            line.AddControl(theirControl);
            line.AddConsole(theirConsole);
            line.AddBridge(theirBridge);
            line.AddMemory(parts.Memory.File, parts.Memory.IsShared);
            line.AddDevices(parts.DriveFiles, parts.Taps);
            addStart(line);
            var guest = new Guest(parts, ToSocket(control), ToSocket(console), ToSocket(bridge));
            await guest.RunAsync(line).ConfigureAwait(false);
            return guest;
        }
    }

    private async Task RunAsync(QemuCommandLine line)
    {
        _bridge.Gate.Close();
        _process = await QemuProcess.StartAsync(line.Arguments, line.Descriptors).ConfigureAwait(false);
        _ = FollowAsync(_process);
        _ = _parts.Console.CopyAsync(_console);
        await _control.ConnectAsync().ConfigureAwait(false);
        _ = await _control.ExecuteAsync("migrate-set-capabilities", new JsonObject
        {
            ["capabilities"] = new JsonArray(Capability("x-ignore-shared"), Capability("events")),
        }).ConfigureAwait(false);
        if (_parts.Vm.Balloon is { } balloon)
        {
            await SetBalloonAsync(balloon.AmountMib).ConfigureAwait(false);
        }

        _bridge.Start();
    }

    /// <summary>Takes so much memory from the guest.</summary>
    internal Task SetBalloonAsync(uint amountMib) => _control.ExecuteAsync(
        "balloon", new JsonObject { ["value"] = (long)(_parts.Vm.Machine.MemSizeMib - amountMib) << 20 });

    private async Task FollowAsync(QemuProcess process)
    {
        _ = await process.Exited.ConfigureAwait(false);
        _ = _migration?.TrySetResult("failed");
        _ = _ended.TrySetResult(GuestEnd.Crash);
    }

    private async Task<SafeFileHandle> SaveStateAsync()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        await using var stream = new NetworkStream(ToSocket(ours), ownsSocket: true);
        using (theirs)
        {
            _ = await _control.ExecuteAsync("getfd", new JsonObject { ["fdname"] = "state" }, theirs).ConfigureAwait(false);
        }

        _migration = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The memory of a copy is not shared, so that QEMU puts it into its state as well.
        _ = await _control.ExecuteAsync("migrate", new JsonObject { ["uri"] = "fd:state" }).ConfigureAwait(false);
        SafeFileHandle state = MemoryFile.Create("state");
        await using (var file = new FileStream(Descriptor.Duplicate(state), FileAccess.Write))
        {
            await stream.CopyToAsync(file).ConfigureAwait(false);
        }

        await EndMigrationAsync().ConfigureAwait(false);
        return state;
    }

    private async Task ReceiveStateAsync(SnapshotFile snapshot)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        using (theirs)
        {
            _ = await _control.ExecuteAsync("getfd", new JsonObject { ["fdname"] = "state" }, theirs).ConfigureAwait(false);
        }

        _migration = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = await _control.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = "fd:state" }).ConfigureAwait(false);
        await using (var stream = new NetworkStream(ToSocket(ours), ownsSocket: true))
        {
            try
            {
                await snapshot.CopyMachineToAsync(stream).ConfigureAwait(false);
            }
            catch (IOException)
            {
                throw new QmpException("QEMU did not take the state");
            }
        }

        await EndMigrationAsync().ConfigureAwait(false);
    }

    private async Task EndMigrationAsync()
    {
        string status = await _migration!.Task.ConfigureAwait(false);
        if (status != "completed")
        {
            throw new QmpException("QEMU did not save or take the state");
        }
    }

    /// <summary>With `-no-shutdown` QEMU itself goes on, stopped, and <see cref="_ended"/> says what this process does.</summary>
    private void OnEvent(string name, JsonNode? data)
    {
        string? Text(string member) => data?[member]?.GetValue<string>();
        if (name == "MIGRATION" && Text("status") is { } status and ("completed" or "failed"))
        {
            _ = _migration?.TrySetResult(status);
        }
        else if (name == "SHUTDOWN" && Text("reason") != "guest-shutdown")
        {
            _ = _ended.TrySetResult(GuestEnd.Reset);
        }
    }

    private static JsonObject Capability(string name) => new() { ["capability"] = name, ["state"] = true };

    private static Socket ToSocket(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return socket;
    }
}
