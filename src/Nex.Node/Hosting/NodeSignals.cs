using System.Runtime.InteropServices;

namespace Nex.Node.Hosting;

/// <summary>SIGTERM and SIGINT: the first ends a node gracefully, the second at once. As long as this lives, they do nothing else.</summary>
public sealed class NodeSignals : IDisposable
{
    private readonly CancellationTokenSource _graceful = new();
    private readonly CancellationTokenSource _forced = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens from now on.</summary>
    public NodeSignals()
    {
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

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        CancellationTokenSource next = _graceful.IsCancellationRequested ? _forced : _graceful;
        // What is registered on it must not hold up the thread that signals are told on.
        _ = next.CancelAsync();
    }
}
