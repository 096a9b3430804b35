using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Nex.Node.Hosting;

namespace Nex.Node.Tests.Hosting;

public sealed class NodeSignalsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly NodeSignals _signals;

    public NodeSignalsTests() => _signals = new NodeSignals(_time);

    [Fact]
    public void The_first_ends_gracefully_and_the_second_at_once()
    {
        _signals.Take(PosixSignal.SIGTERM);
        Assert.Equal((true, false), (_signals.Graceful.IsCancellationRequested, _signals.Forced.IsCancellationRequested));
        _time.Advance(TimeSpan.FromSeconds(1));

        _signals.Take(PosixSignal.SIGTERM);

        Assert.True(_signals.Forced.IsCancellationRequested);
    }

    [Fact]
    public void An_echo_of_the_first_is_no_second()
    {
        _signals.Take(PosixSignal.SIGINT);
        _time.Advance(TimeSpan.FromMilliseconds(50));

        _signals.Take(PosixSignal.SIGINT);

        Assert.False(_signals.Forced.IsCancellationRequested);
    }

    [Fact]
    public void Another_signal_is_a_second_one_at_any_time()
    {
        _signals.Take(PosixSignal.SIGTERM);

        _signals.Take(PosixSignal.SIGINT);

        Assert.True(_signals.Forced.IsCancellationRequested);
    }

    public void Dispose() => _signals.Dispose();
}
