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
    private readonly Lifeline _lifeline;
    private readonly GuestConsole _console;
    private readonly FirecrackerClient _client;
    private readonly VmmSettings _settings;
    private UnixSocketLink? _link;

    private FirecrackerVm(VmmHome home, SupervisedChild process, Lifeline lifeline, GuestConsole console, VmmSettings settings, Action<ApiExchange>? onExchange)
    {
        _home = home;
        _process = process;
        _lifeline = lifeline;
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
            await vm.LetGoAsync(directory, cancellationToken).ConfigureAwait(false);
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
        _lifeline.Dispose();
        _home.Dispose();
    }

    private static async Task<FirecrackerVm> ExecuteAsync(
        VmmHome home, string name, AgentDiagnostics diagnostics, VmmSettings settings, CancellationToken cancellationToken)
    {
        Lifeline? lifeline = null;
        SafeFileHandle? ours = null;
        try
        {
            home.CheckPaths();
            lifeline = new Lifeline();
            (ours, SafeFileHandle theirs) = SocketPair.Create();
            using (theirs)
            {
                SupervisedChild process = await ChildSupervisor.StartAsync(home.Command(lifeline.End, theirs), cancellationToken).ConfigureAwait(false);
                return new FirecrackerVm(home, process, lifeline, new GuestConsole(new UnixSocketLink(ours), diagnostics), settings, OnExchange(name, process.ProcessId, settings));
            }
        }
        catch
        {
            ours?.Dispose();
            lifeline?.Dispose();
            home.Dispose();
            throw;
        }
    }

    private static Action<ApiExchange>? OnExchange(string name, int processId, VmmSettings settings)
    {
        Action<ApiExchange>? all = settings.Recorder is { } recorder ? recorder.Record : null;
        return settings.OnStep is { } onStep ? all + (exchange => onStep(name, processId, $"{exchange.Method} {exchange.Path}")) : all;
    }

    /// <summary>
    /// Lets the process become what it is to be, which it waits for (<see cref="FirecrackerHost.AsMachineUser"/>), once it can only end with this
    /// one and, should it not, be found by the next.
    /// </summary>
    private async Task LetGoAsync(AgentDirectory directory, CancellationToken cancellationToken)
    {
        _lifeline.Tie(ProcessId);
        if (ProcessIdentity.TryGet(ProcessId) is { } identity)
        {
            RunDirectory.Record(directory.Path, identity);
            _home.Record(identity);
        }

        try
        {
            await _console.SendAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has ended already, which who waits for its API is told.
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
