using Microsoft.Extensions.Time.Testing;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>Time that passes as ever, but for waits of one length: those end when the test says so.</summary>
internal sealed class HeldTime(TimeSpan length) : TimeProvider
{
    private readonly FakeTimeProvider _held = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        dueTime == length ? _held.CreateTimer(callback, state, dueTime, period) : base.CreateTimer(callback, state, dueTime, period);

    /// <summary>Ends those that have begun.</summary>
    internal void Pass() => _held.Advance(length);
}
