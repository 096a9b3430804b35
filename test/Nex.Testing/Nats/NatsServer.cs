using System.Text.RegularExpressions;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Testing.Nats;

/// <summary>A nats-server of Debian's package, with JetStream, on a loopback port of its own.</summary>
internal sealed partial class NatsServer : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly string[] _options;
    private ProgramUnderTest _program;

    private NatsServer(TempDirectory directory, string[] options, ProgramUnderTest program, int port)
    {
        _directory = directory;
        _options = options;
        _program = program;
        Port = port;
    }

    internal int Port { get; }

    internal string Url => $"nats://127.0.0.1:{Port}";

    internal ProgramUnderTest Program => _program;

    /// <param name="options">More of its command line, such as <c>-c FILE</c>.</param>
    internal static async Task<NatsServer> StartAsync(params string[] options)
    {
        var directory = new TempDirectory();
        ProgramUnderTest program = await StartAsync(directory, options, port: -1).ConfigureAwait(false);
        string listens = await program.LineAsync(line => Listening().IsMatch(line)).ConfigureAwait(false);
        return new NatsServer(directory, options, program, int.Parse(Listening().Match(listens).Groups[1].Value));
    }

    /// <summary>Kills it, and starts it again on the same port with the same data.</summary>
    internal async Task RestartAsync()
    {
        await _program.KillAsync().ConfigureAwait(false);
        _program = await StartAsync(_directory, _options, Port).ConfigureAwait(false);
    }

    /// <summary>Ends it so that it can do nothing about it.</summary>
    internal Task KillAsync() => _program.KillAsync();

    /// <summary>Where the server is on this host; null where it is not installed.</summary>
    internal static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin").Split(':').Select(folder => Path.Combine(folder, "nats-server")).FirstOrDefault(File.Exists);

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync().ConfigureAwait(false);
        _directory.Dispose();
    }

    private static async Task<ProgramUnderTest> StartAsync(TempDirectory directory, string[] options, int port)
    {
        string path = Find() ?? throw new InvalidOperationException("nats-server is not installed: apt-get install nats-server");
        ProgramUnderTest program = await ProgramUnderTest
            .StartAsync(path, ["-a", "127.0.0.1", "-p", $"{port}", "-js", "-sd", directory["jetstream"], .. options]).ConfigureAwait(false);
        _ = await program.LineAsync(line => line.Contains("Server is ready", StringComparison.Ordinal)).Within().ConfigureAwait(false);
        return program;
    }

    [GeneratedRegex(@"Listening for client connections on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
