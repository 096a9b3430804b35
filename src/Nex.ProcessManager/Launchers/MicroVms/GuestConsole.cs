using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>
/// What a machine and its hypervisor write to the console. It is read to its end, so that nobody waits for room; what is taken of it is
/// bounded, since a workload that has taken over its machine can write there for ever.
/// </summary>
internal sealed class GuestConsole : IAsyncDisposable
{
    private const int MostBytes = 64 * 1024;

    private readonly UnixSocketLink _output;
    private readonly AgentDiagnostics _diagnostics;
    private readonly Task _reading;
    private volatile bool _muted;

    internal GuestConsole(UnixSocketLink output, AgentDiagnostics diagnostics)
    {
        _output = output;
        _diagnostics = diagnostics;
        _reading = ReadAsync();
    }

    /// <summary>From now on what is written is dropped: the machine is told to end, and says so.</summary>
    internal void Mute() => _muted = true;

    /// <summary>Completes when everything has been read. Never fails.</summary>
    internal Task Ended => _reading;

    /// <summary>Writes to whoever reads there.</summary>
    /// <exception cref="IOException">Nobody can any more.</exception>
    internal ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _output.SendAsync(bytes, handle: null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _output.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        byte[] buffer = [];
        int taken = 0;
        try
        {
            while (true)
            {
                // Machines rarely write: the buffer comes with the first line.
                await _output.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
                buffer = buffer.Length == 0 ? new byte[4096] : buffer;
                int count = await _output.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                if (!_muted && taken < MostBytes)
                {
                    taken += count;
                    _diagnostics.Append(buffer.AsSpan(0, count));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The machine has ended, and its end is reported by others.
        }

        _diagnostics.Complete();
    }
}
