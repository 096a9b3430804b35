using System.Runtime.InteropServices;

namespace Nex.Node.Hosting;

/// <summary>SIGTERM and SIGINT: the first ends a node gracefully, the second at once. As long as this lives, they do nothing else. The same
/// signal twice within 200 ms is one.</summary>
public sealed class NodeSignals : IDisposable
{
    // What relays a signal often sends it to the whole group as well, so that it comes twice: sudo, timeout, a shell's terminal.
    private static readonly TimeSpan EchoTime = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _graceful = new();
    private readonly CancellationTokenSource _forced = new();
    private readonly PosixSignalRegistration[] _registrations;
    private (PosixSignal Signal, long Time)? _last;

    /// <summary>Listens from now on.</summary>
    /// <param name="time">Where its time comes from; the system's by default.</param>
    public NodeSignals(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];
    }

    /// <summary>Cancelled by the first.</summary>
    public CancellationToken Graceful => _graceful.Token;

    /// <summary>Cancelled by the second.</summary>
    public CancellationToken Forced => _forced.Token;

    /// <summary>Listens no more; the signals end the process again.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _graceful.Dispose();
        _forced.Dispose();
    }

    /// <summary>Takes a signal. The same one again at once is an echo, and not a second one.</summary>
    internal void Take(PosixSignal signal)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            bool isEcho = _last is { } last && last.Signal == signal && _time.GetElapsedTime(last.Time, now) < EchoTime;
            _last = (signal, now);
            if (!isEcho)
            {
                CancellationTokenSource next = _graceful.IsCancellationRequested ? _forced : _graceful;
                // What is registered on it must not hold up the thread that signals are told on.
                _ = next.CancelAsync();
            }
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Take(context.Signal);
    }
}
