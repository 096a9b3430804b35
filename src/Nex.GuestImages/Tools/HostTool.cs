using CliWrap;
using CliWrap.Buffered;

namespace Nex.GuestImages.Tools;

/// <summary>A program of the host. It speaks English, knows no time zone, and is killed when the wait for it is cancelled.</summary>
internal sealed class HostTool
{
    // Where Debian has the programs that make file systems, and where the PATH of users does not lead.
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    private readonly string _name;
    private readonly string _path;

    private HostTool(string name, string path)
    {
        _name = name;
        _path = path;
    }

    /// <exception cref="GuestImageException">It is not installed.</exception>
    internal static HostTool Find(string name, string package)
    {
        string[] directories = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), .. SystemDirectories];
        string? path = directories.Where(Path.IsPathRooted).Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
        return path is not null
            ? new HostTool(name, path)
            : throw new GuestImageException(
                GuestImageError.ToolMissing, $"The program {name} is not installed. On Debian: sudo apt-get install {package}");
    }

    /// <summary>Runs it to its end, whatever its exit code is.</summary>
    /// <param name="input">What it reads on its standard input.</param>
    internal async Task<ToolResult> RunAsync(
        IReadOnlyList<string> arguments,
        CancellationToken cancellation,
        PipeSource? input = null,
        string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        Dictionary<string, string?> variables = new(environment ?? new Dictionary<string, string?>())
        {
            ["LC_ALL"] = "C",
            ["TZ"] = "UTC",
        };
        BufferedCommandResult result = await Cli.Wrap(_path)
            .WithArguments(arguments)
            .WithEnvironmentVariables(variables)
            .WithWorkingDirectory(directory ?? "/")
            .WithStandardInputPipe(input ?? PipeSource.Null)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellation)
            .ConfigureAwait(false);
        return new ToolResult(result.ExitCode, result.StandardOutput, result.StandardError);
    }

    /// <summary>What to throw when it failed, and nobody knows better why.</summary>
    internal GuestImageException Failure(ToolResult result) => new(
        GuestImageError.ToolFailed, $"{_name} failed with exit code {result.ExitCode}: {result.LastWords}");
}

/// <summary>How a program of the host ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    private const int LastLines = 5;

    internal bool Succeeded => ExitCode == 0;

    /// <summary>The last lines of what it complained about.</summary>
    internal string LastWords =>
        string.Join(" / ", Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(LastLines));
}
