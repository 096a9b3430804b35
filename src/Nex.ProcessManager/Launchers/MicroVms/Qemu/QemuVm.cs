using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>A running QEMU: its process, its monitor, its console, and the link to the agent in it.</summary>
internal sealed class QemuVm : IAsyncDisposable
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(20);

    private readonly SupervisedChild _process;
    private readonly TimeProvider _time;

    private QemuVm(SupervisedChild process, QemuSockets sockets, AgentDiagnostics diagnostics, TimeProvider time, Action<string>? onAnswered)
    {
        _process = process;
        _time = time;
        Link = new UnixSocketLink(sockets.Link, carriesHandles: false);
        Monitor = new QmpClient(new UnixSocketLink(sockets.Monitor), time, CommandTimeout, onAnswered);
        Console = new GuestConsole(new UnixSocketLink(sockets.Console), diagnostics);
    }

    internal UnixSocketLink Link { get; }

    internal QmpClient Monitor { get; }

    internal GuestConsole Console { get; }

    internal int ProcessId => _process.ProcessId;

    /// <summary>Completes when QEMU has ended. Never fails.</summary>
    internal Task<ProcessExit> Exited => _process.Exited;

    /// <summary>Starts a QEMU. The sockets are taken over.</summary>
    /// <param name="onStep">Told of its process and each step.</param>
    /// <exception cref="LinuxException">It could not be executed.</exception>
    internal static async Task<QemuVm> StartAsync(
        QemuCommand command, QemuSockets sockets, AgentDiagnostics diagnostics, TimeProvider time, Action<int, string>? onStep, CancellationToken cancellationToken)
    {
        SupervisedChild process = await ChildSupervisor.StartAsync(
            new ChildProcess
            {
                Path = command.Arguments[0],
                Arguments = command.Arguments,
                Descriptors = command.Descriptors,
                OwnSession = true,
                CloseOtherDescriptors = true,
            },
            cancellationToken).ConfigureAwait(false);
        var vm = new QemuVm(process, sockets, diagnostics, time, onStep is null ? null : step => onStep(process.ProcessId, step));
        onStep?.Invoke(process.ProcessId, MachineSteps.Launched);
        return vm;
    }

    /// <summary>Has a machine that was started for it go on where another one was.</summary>
    /// <param name="state">The number of the descriptor in QEMU.</param>
    /// <exception cref="QmpException">The state is not one that this machine can go on with.</exception>
    internal async Task ResumeAsync(int state, CancellationToken cancellationToken)
    {
        await Monitor.OpenAsync(CommandTimeout, cancellationToken).ConfigureAwait(false);
        await PrepareMigrationAsync(cancellationToken).ConfigureAwait(false);
        await MigrateAsync("migrate-incoming", $"fd:{state}", cancellationToken).ConfigureAwait(false);
        await Monitor.ExecuteAsync("cont", cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops the machine for good and writes down all of it but its memory, which is in its file.</summary>
    internal async Task WriteStateAsync(SafeFileHandle state, CancellationToken cancellationToken)
    {
        const string name = "state";
        await Monitor.OpenAsync(CommandTimeout, cancellationToken).ConfigureAwait(false);
        await Monitor.ExecuteAsync("stop", cancellationToken: cancellationToken).ConfigureAwait(false);
        await PrepareMigrationAsync(cancellationToken).ConfigureAwait(false);
        await Monitor.ExecuteAsync("getfd", new JsonObject { ["fdname"] = name }, state, cancellationToken).ConfigureAwait(false);
        await MigrateAsync("migrate", $"fd:{name}", cancellationToken).ConfigureAwait(false);
    }

    internal void Kill() => _process.TrySignal(Signals.Kill);

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
            ProcessExit? end = await EndAsync(failure is QmpException { Failure: QmpFailure.Closed }).ConfigureAwait(false);
            if (end is { } exit && failure is IOException and not MachineEndedException)
            {
                throw new MachineEndedException($"{failure.Message} Its process ended with {exit}.", exit, failure);
            }

            throw;
        }
    }

    /// <summary>Kills it if it still runs, and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        Console.Mute();
        Kill();
        await Exited.ConfigureAwait(false);
        await Link.DisposeAsync().ConfigureAwait(false);
        await Monitor.DisposeAsync().ConfigureAwait(false);
        await Console.DisposeAsync().ConfigureAwait(false);
    }

    /// <returns>How it had ended by itself; null where it had not.</returns>
    private async Task<ProcessExit?> EndAsync(bool isEnding)
    {
        if (isEnding)
        {
            await ((Task)Exited).WaitAsync(CommandTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ProcessExit? end = Exited.IsCompleted ? await Exited.ConfigureAwait(false) : null;
        Kill();
        await Exited.ConfigureAwait(false);
        await Console.Ended.ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        return end;
    }

    /// <summary>The memory stays where it is, and the end of a migration is told.</summary>
    private Task<JsonElement> PrepareMigrationAsync(CancellationToken cancellationToken) => Monitor.ExecuteAsync(
        "migrate-set-capabilities",
        new JsonObject { ["capabilities"] = new JsonArray(Capability("x-ignore-shared"), Capability("events")) },
        cancellationToken: cancellationToken);

    private async Task MigrateAsync(string command, string uri, CancellationToken cancellationToken)
    {
        Task<QmpMessage> over = Monitor.NextAsync(message => message.Event == "MIGRATION" && Status(message) is "completed" or "failed");
        await Monitor.ExecuteAsync(command, new JsonObject { ["uri"] = uri }, cancellationToken: cancellationToken).ConfigureAwait(false);
        QmpMessage end = await over.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Status(end) != "completed")
        {
            throw new QmpException(QmpFailure.Refused, $"QEMU failed at '{command}'.");
        }
    }

    private static string? Status(QmpMessage message) =>
        message.Data.ValueKind == JsonValueKind.Object && message.Data.TryGetProperty("status", out JsonElement status)
            ? status.GetString()
            : null;

    private static JsonObject Capability(string name) => new() { ["capability"] = name, ["state"] = true };
}
