using System.Globalization;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>
/// On which ports of the host somebody listens for the guest: those for which there is a socket beside that of the device. Firecracker only
/// looks when the guest dials. The guest's kernel answers for us here, and must know before.
/// </summary>
internal sealed class HostPorts
{
    private readonly string _directory;
    private readonly string _prefix;
    private readonly Action<IReadOnlyList<uint>> _onChange;
    private readonly FileSystemWatcher _watcher;
    private readonly Lock _lock = new();

    /// <param name="onChange">Called by one thread at a time. It must not wait.</param>
    internal HostPorts(VsockDevice device, Action<IReadOnlyList<uint>> onChange)
    {
        string path = Path.GetFullPath(device.UdsPath);
        _directory = Path.GetDirectoryName(path)!;
        _prefix = Path.GetFileName(path) + "_";
        _onChange = onChange;
        _watcher = new FileSystemWatcher(_directory, _prefix + "*") { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, _) => Tell();
        _watcher.Deleted += (_, _) => Tell();
        _watcher.Renamed += (_, _) => Tell();
        _watcher.Error += (_, _) => Tell();
    }

    /// <summary>Tells of all of them now, and whenever they change.</summary>
    internal void Start()
    {
        _watcher.EnableRaisingEvents = true;
        Tell();
    }

    private void Tell()
    {
        lock (_lock)
        {
            _onChange(Find());
        }
    }

    private List<uint> Find()
    {
        var ports = new List<uint>();
        try
        {
            foreach (string file in Directory.EnumerateFiles(_directory, _prefix + "*"))
            {
                if (uint.TryParse(Path.GetFileName(file).AsSpan(_prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out uint port))
                {
                    ports.Add(port);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // It has been removed with all sockets.
        }

        return ports;
    }
}
