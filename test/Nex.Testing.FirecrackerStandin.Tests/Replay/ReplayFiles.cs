using System.Net.Sockets;
using Nex.Testing.Files;

namespace Nex.Testing.FirecrackerStandin.Tests.Replay;

/// <summary>
/// Stands files and sockets of this host in for those of a recording, which were on another host, in a jail, open files of another process, or
/// are gone. What a call was refused for stays as it was: the file that is not there is what it is about.
/// </summary>
internal sealed class ReplayFiles(TempDirectory directory) : IDisposable
{
    internal static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "kernel_image_path", "initrd_path", "path_on_host", "uds_path", "log_path", "metrics_path", "serial_out_path", "snapshot_path", "mem_file_path", "backend_path",
    };

    private const int DiskBytes = 4 * 1024 * 1024;

    /// <summary>The port that guests dial, and wait on: some end when nobody is there.</summary>
    private const int LinkPort = 5000;

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _snapshots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _sockets = new(StringComparer.Ordinal);
    private readonly List<Socket> _listeners = [];
    private (string State, string Memory)? _lastSnapshot;
    private int _last;

    /// <summary>Whether there is a snapshot for a load: the recording may use one that was made before it began.</summary>
    internal bool HasSnapshot => _lastSnapshot is not null;

    /// <summary>What stands in for each file of a call that is about to be made.</summary>
    /// <param name="starts">Whether its instance comes to run a guest that it boots.</param>
    internal IReadOnlyList<(string Recorded, string Here)> Prepare(RecordedCall call, bool starts)
    {
        if (!call.IsAccepted)
        {
            return [.. call.Files.Select(file => (file.Path, call.IsLoad ? Absent(file.Path) : _known.GetValueOrDefault(file.Path, Absent(file.Path))))];
        }

        (string Recorded, string Here)[] files = [.. call.Files.Select(file => (file.Path, Prepare(call, file.Field, file.Path, starts)))];
        Follow(call, files);
        return files;
    }

    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    private string Prepare(RecordedCall call, string field, string path, bool starts) => field switch
    {
        "kernel_image_path" => IsHere(path) ? path : starts ? GuestFiles.UncompressedKernel : File(path, 0),
        "initrd_path" => IsHere(path) ? path : starts ? GuestFiles.Initramfs : File(path, 0),
        "path_on_host" => IsHere(path) ? path : File(path, DiskBytes),
        "uds_path" => Socket(),
        "snapshot_path" or "mem_file_path" or "backend_path" when call.IsLoad =>
            _snapshots.GetValueOrDefault(path) ?? (field == "snapshot_path" ? _lastSnapshot!.Value.State : _lastSnapshot!.Value.Memory),
        "snapshot_path" or "mem_file_path" => _snapshots[path] = New(),
        _ => File(path, 0),
    };

    /// <summary>Remembers which socket a machine has, and that of a snapshot is the one of its copies unless they are told otherwise.</summary>
    private void Follow(RecordedCall call, IReadOnlyList<(string Recorded, string Here)> files)
    {
        string? Of(string field) => call.Files.Zip(files).Where(pair => pair.First.Field == field).Select(pair => pair.Second.Here).FirstOrDefault();
        if (Of("uds_path") is { } socket)
        {
            _sockets[call.Instance] = socket;
        }
        else if (call.IsLoad && _sockets.TryGetValue(Of("snapshot_path")!, out string? inherited))
        {
            // Whoever had it has left it there.
            System.IO.File.Delete(inherited);
            _sockets[call.Instance] = inherited;
        }

        if (call.Path == "/snapshot/create")
        {
            _lastSnapshot = (Of("snapshot_path")!, Of("mem_file_path")!);
            _sockets[_lastSnapshot.Value.State] = _sockets.GetValueOrDefault(call.Instance, "");
        }
    }

    private string File(string recorded, int bytes)
    {
        string path = _known[recorded] = New();
        using FileStream file = System.IO.File.Create(path);
        file.SetLength(bytes);
        return path;
    }

    private string Socket()
    {
        string path = New();
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listeners.Add(listener);
        listener.Bind(new UnixDomainSocketEndPoint($"{path}_{LinkPort}"));
        listener.Listen();
        return path;
    }

    private string New() => directory[$"{++_last}"];

    private static bool IsHere(string path) => path == Absent(path) && System.IO.File.Exists(path);

    /// <summary>An open file of a process is another in each process.</summary>
    private static string Absent(string path) => path.StartsWith("/proc/self/", StringComparison.Ordinal) ? "/nowhere" : path;
}
