using Microsoft.Win32.SafeHandles;
using Nex.Firecracker;
using Nex.Firecracker.Api;
using Nex.Firecracker.Recording;
using Nex.Firecracker.Sockets;
using Nex.Firecracker.Vsock;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>A running Firecracker: its process, its API, its console, and the link to the agent in its machine.</summary>
internal sealed class FirecrackerVm : IAsyncDisposable
{
    private readonly VmmHome _home;
    private readonly SupervisedChild _process;
    private readonly GuestConsole _console;
    private readonly FirecrackerClient _client;
    private readonly VmmSettings _settings;
    private UnixSocketLink? _link;

    private FirecrackerVm(VmmHome home, SupervisedChild process, GuestConsole console, VmmSettings settings, Action<ApiExchange>? onExchange)
    {
        _home = home;
        _process = process;
        _console = console;
        _settings = settings;
        _client = new FirecrackerClient(home.ApiSocket, new FirecrackerClientOptions
        {
            Timeout = settings.CallTimeout,
            ProcessExited = process.Exited,
            Recorder = onExchange,
            TimeProvider = settings.Time,
        });
    }

    internal UnixSocketLink Link => _link ?? throw new InvalidOperationException("The agent has not connected.");

    internal int ProcessId => _process.ProcessId;

    /// <summary>Completes when Firecracker has ended. Never fails.</summary>
    internal Task<ProcessExit> Exited => _process.Exited;

    /// <summary>Starts a Firecracker, has a machine run in it, and waits for its agent.</summary>
    /// <param name="home">Taken over, whatever happens.</param>
    /// <param name="directory">Where it is written down which process it is.</param>
    /// <param name="run">Has the API make a machine run.</param>
    /// <exception cref="MachineEndedException">It ended before its agent had connected.</exception>
    /// <exception cref="IOException">It could not be started.</exception>
    /// <exception cref="FirecrackerException">It did not do what it was asked.</exception>
    internal static async Task<FirecrackerVm> StartAsync(
        VmmHome home,
        AgentDirectory directory,
        AgentDiagnostics diagnostics,
        VmmSettings settings,
        Func<FirecrackerClient, VmmPaths, Task> run,
        CancellationToken cancellationToken)
    {
        string name = Path.GetFileName(directory.Path);
        FirecrackerVm vm = await ExecuteAsync(home, name, diagnostics, settings, cancellationToken).ConfigureAwait(false);
        await vm.UseAsync(async () =>
        {
            settings.OnStep?.Invoke(name, vm.ProcessId, MachineSteps.Launched);
            vm.Record(directory);
            await ApiSocket.WaitAsync(home.ApiSocket, vm.Exited, settings.CallTimeout, settings.Time, cancellationToken).ConfigureAwait(false);
            home.Furnish();
            // It must listen before the guest runs, and only until its agent is there: nobody can come later and be taken for it.
            using VsockListener listener = home.Listen();
            await run(vm._client, home.Paths).ConfigureAwait(false);
            vm._link = await AgentConnection.AcceptAsync(listener, vm.ProcessId, vm.Exited, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return vm;
    }

    /// <summary>Does something with it. Where that fails it is ended, once all has been read that it wrote: that says why.</summary>
    /// <exception cref="MachineEndedException">It ended meanwhile.</exception>
    internal async Task UseAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            ProcessExit? end = await EndAsync(failure is FirecrackerException { Failure: FirecrackerFailure.ProcessGone }).ConfigureAwait(false);
            if (end is { } exit && failure is (IOException or FirecrackerException) and not MachineEndedException)
            {
                throw new MachineEndedException($"{failure.Message} Its process ended with {exit}.", exit, failure);
            }

            throw;
        }
    }

    /// <summary>Closes what is not needed while an agent lives. Where that fails, the machine is ended.</summary>
    /// <exception cref="IOException">A socket cannot be removed.</exception>
    internal async Task CloseSocketsAsync()
    {
        try
        {
            _client.Dispose();
            _home.RemoveSockets();
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops the machine for good and writes it down.</summary>
    /// <exception cref="FirecrackerException">Firecracker failed at it.</exception>
    /// <exception cref="IOException">What it has written cannot be read.</exception>
    internal async Task WriteAsync(Template template, CancellationToken cancellationToken)
    {
        await _client.PauseAsync(cancellationToken).ConfigureAwait(false);
        var creation = new SnapshotCreation
        {
            MemFilePath = _home.Paths.Memory,
            SnapshotPath = _home.Paths.State,
            SnapshotType = SnapshotType.Full,
        };
        await _client.CreateSnapshotAsync(creation, cancellationToken).ConfigureAwait(false);
        _home.Collect(template);
    }

    internal void Kill() => _process.TrySignal(Signals.Kill);

    /// <summary>Kills it if it still runs, and closes and removes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        _console.Mute();
        Kill();
        await Exited.ConfigureAwait(false);
        if (_link is not null)
        {
            await _link.DisposeAsync().ConfigureAwait(false);
        }

        _client.Dispose();
        await _console.DisposeAsync().ConfigureAwait(false);
        _home.Dispose();
    }

    private static async Task<FirecrackerVm> ExecuteAsync(
        VmmHome home, string name, AgentDiagnostics diagnostics, VmmSettings settings, CancellationToken cancellationToken)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        try
        {
            home.CheckPaths();
            using SafeFileHandle input = File.OpenHandle("/dev/null");
            SupervisedChild process = await ChildSupervisor.StartAsync(home.Command(input, theirs), cancellationToken).ConfigureAwait(false);
            return new FirecrackerVm(home, process, new GuestConsole(new UnixSocketLink(ours), diagnostics), settings, OnExchange(name, process.ProcessId, settings));
        }
        catch
        {
            ours.Dispose();
            home.Dispose();
            throw;
        }
        finally
        {
            theirs.Dispose();
        }
    }

    private static Action<ApiExchange>? OnExchange(string name, int processId, VmmSettings settings)
    {
        Action<ApiExchange>? all = settings.Recorder is { } recorder ? recorder.Record : null;
        return settings.OnStep is { } onStep ? all + (exchange => onStep(name, processId, $"{exchange.Method} {exchange.Path}")) : all;
    }

    /// <summary>For the manager that finds it when this one has been killed.</summary>
    private void Record(AgentDirectory directory)
    {
        if (ProcessIdentity.TryGet(ProcessId) is { } identity)
        {
            RunDirectory.Record(directory, identity);
        }
    }

    /// <returns>How it had ended by itself; null where it had not.</returns>
    private async Task<ProcessExit?> EndAsync(bool isEnding)
    {
        if (isEnding)
        {
            await ((Task)Exited).WaitAsync(_settings.CallTimeout, _settings.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ProcessExit? end = Exited.IsCompleted ? await Exited.ConfigureAwait(false) : null;
        Kill();
        await Exited.ConfigureAwait(false);
        await _console.Ended.ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        return end;
    }
}
