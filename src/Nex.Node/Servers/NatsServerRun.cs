using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Node.Servers;

/// <summary>One process of a nats-server, from its start to its end. It is killed when this process ends.</summary>
internal sealed class NatsServerRun
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(5);

    private readonly SupervisedChild _process;
    private readonly TimeProvider _time;
    private readonly NatsServerLog _log;

    private NatsServerRun(SupervisedChild process, UnixSocketLink output, NatsServerLog log, TimeProvider time)
    {
        _process = process;
        _time = time;
        _log = log;
        Ended = EndAsync(output);
    }

    internal int ProcessId => _process.ProcessId;

    internal int Port { get; private set; }

    /// <summary>Completes when it has ended and all that it wrote is read; says how. Never fails.</summary>
    internal Task<string> Ended { get; }

    /// <summary>Starts it, and waits until it takes clients.</summary>
    /// <param name="port">The one that it had; null for what its options say.</param>
    /// <exception cref="ServerStartException">It cannot be started, or ended before it took clients.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; it has been killed.</exception>
    internal static async Task<NatsServerRun> StartAsync(
        NatsServerDefinition definition, int? port, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        string program = NatsServerProgram.Find(definition.Program);
        string guard = Executables.Find("setpriv")
            ?? throw new ServerStartException("setpriv is not installed, which ends nats-server with the node: apt-get install util-linux.");
        string configuration = WriteConfiguration(definition, port);
        var log = new NatsServerLog(definition.Name, logger, time);
        (SupervisedChild process, UnixSocketLink output) = await SpawnAsync(
            definition, guard, [guard, "--no-new-privs", "--pdeathsig", "KILL", "--", program, "-c", configuration], cancellationToken).ConfigureAwait(false);
        var run = new NatsServerRun(process, output, log, time);
        await run.WaitUntilReadyAsync(definition, cancellationToken).ConfigureAwait(false);
        return run;
    }

    /// <summary>Asks it to end, and kills it when it does not.</summary>
    internal async Task StopAsync()
    {
        _ = _process.TrySignal(Signals.Terminate);
        using var late = new CancellationTokenSource(ExitTimeout, _time);
        await using (late.Token.Register(Kill))
        {
            _ = await Ended.ConfigureAwait(false);
        }
    }

    /// <summary>Starts the process, which writes to what comes with it.</summary>
    private static async Task<(SupervisedChild Process, UnixSocketLink Output)> SpawnAsync(
        NatsServerDefinition definition, string path, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        UnixSocketLink? output = null;
        try
        {
            (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
            using SafeFileHandle closing = theirs;
            output = new UnixSocketLink(ours);
            using SafeFileHandle input = File.OpenHandle("/dev/null");
            var child = new ChildProcess
            {
                Path = path,
                Arguments = arguments,
                WorkingDirectory = definition.Directory,
                Descriptors = [input, theirs, theirs],
                OwnSession = true,
                CloseOtherDescriptors = true,
            };
            return (await ChildSupervisor.StartAsync(child, cancellationToken).ConfigureAwait(false), output);
        }
        catch (Exception failure)
        {
            if (output is not null)
            {
                await output.DisposeAsync().ConfigureAwait(false);
            }

            throw failure is IOException or UnauthorizedAccessException
                ? new ServerStartException($"{definition.Name} could not be started: {failure.Message}", failure)
                : failure;
        }
    }

    private static string WriteConfiguration(NatsServerDefinition definition, int? port)
    {
        try
        {
            return definition.WriteConfiguration(port);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ServerStartException($"The configuration of {definition.Name} cannot be written: {failure.Message}", failure);
        }
    }

    private async Task WaitUntilReadyAsync(NatsServerDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            Task first = await Task.WhenAny(_log.Ready, Ended).WaitAsync(ReadyTimeout, _time, cancellationToken).ConfigureAwait(false);
            if (first != _log.Ready)
            {
                throw new ServerStartException($"{definition.Name} ended before it took clients ({await Ended.ConfigureAwait(false)}).");
            }

            Port = await _log.Ready.ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            Kill();
            _ = await Ended.ConfigureAwait(false);
            throw failure is TimeoutException
                ? new ServerStartException($"{definition.Name} took no clients within {ReadyTimeout.TotalSeconds} s: {_log.LastWords}.", failure)
                : failure;
        }
    }

    private void Kill() => _process.TrySignal(Signals.Kill);

    private async Task<string> EndAsync(UnixSocketLink output)
    {
        try
        {
            await _log.ReadAsync(output).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // What it wrote last is lost, and how it ends is not.
        }

        ProcessExit exit = await _process.Exited.ConfigureAwait(false);
        await output.DisposeAsync().ConfigureAwait(false);
        return $"{exit}: {_log.LastWords}";
    }
}
