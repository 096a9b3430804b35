using System.Globalization;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Reporting;

/// <summary>
/// Firecracker's log: on standard output until a file is named, a line for each message, with the time and the instance. Any thread may
/// write to it.
/// </summary>
internal sealed class StandinLog(string id)
{
    private readonly Lock _lock = new();
    private Stream _target = Console.OpenStandardOutput();
    private LogLevel _level = LogLevel.Info;
    private bool _showLevel;

    /// <summary>Applies what is given, and leaves the rest as it is. The origin and the module of a message are not known here.</summary>
    /// <exception cref="ApiFaultException">The file cannot be opened.</exception>
    internal void Configure(LoggerConfiguration configuration)
    {
        Stream? file = configuration.LogPath is { } path ? Open(path, Faults.Logger) : null;
        lock (_lock)
        {
            _target = file ?? _target;
            _level = configuration.Level ?? _level;
            _showLevel = configuration.ShowLevel ?? _showLevel;
        }
    }

    internal void Info(string message) => Write(LogLevel.Info, message);

    internal void Error(string message) => Write(LogLevel.Error, message);

    /// <summary>Opens a file or a named pipe to write to its end, and makes the file where there is none.</summary>
    internal static FileStream Open(string path, Func<string, ApiFaultException> fault)
    {
        try
        {
            // A pipe that nobody reads yet is opened at once when it is opened for both.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.CanSeek)
            {
                _ = file.Seek(0, SeekOrigin.End);
            }

            return file;
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw fault(HostError.Text(failure));
        }
    }

    private void Write(LogLevel level, string message)
    {
        lock (_lock)
        {
            if (level > _level)
            {
                return;
            }

            string time = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture);
            string line = $"{time}00 [{id}:main{(_showLevel ? $":{level.ToString().ToUpperInvariant()}" : "")}] {message}\n";
            try
            {
                _target.Write(System.Text.Encoding.UTF8.GetBytes(line));
            }
            catch (IOException)
            {
                // Nobody reads it any more.
            }
        }
    }
}
