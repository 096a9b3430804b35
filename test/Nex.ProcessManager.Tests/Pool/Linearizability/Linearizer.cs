namespace Nex.ProcessManager.Tests.Pool.Linearizability;

/// <summary>
/// Looks for an order in which a model does what was seen: each event at one moment between the two that are known of it, and with its answer.
/// Where there is none, no pool in which things happen one after the other can have answered so.
/// </summary>
internal sealed class Linearizer
{
    private readonly PoolEvent[] _events;
    private readonly HashSet<string> _seen = [];
    private readonly bool[] _done;

    private Linearizer(IEnumerable<PoolEvent> events)
    {
        _events = [.. events.OrderBy(happened => happened.To)];
        _done = new bool[_events.Length];
    }

    internal static bool Explains(PoolModel start, IEnumerable<PoolEvent> events) => new Linearizer(events).GoesOn(start);

    private bool GoesOn(PoolModel model)
    {
        long first = FirstEnd(model);
        if (first == long.MaxValue)
        {
            // What is left need not have happened.
            return true;
        }

        if (!_seen.Add(string.Concat(_done.Select(done => done ? '1' : '0')) + model.Key))
        {
            return false;
        }

        for (int index = 0; index < _events.Length; index++)
        {
            // Nothing can happen behind the end of something that has not happened yet.
            if (_done[index] || _events[index].From > first || model.After(_events[index]) is not { } next)
            {
                continue;
            }

            _done[index] = true;
            if (GoesOn(next))
            {
                return true;
            }

            _done[index] = false;
        }

        return false;
    }

    private long FirstEnd(PoolModel model)
    {
        int next = Array.IndexOf(_done, false);
        long first = next < 0 ? long.MaxValue : _events[next].To;
        return model.Line.Count == 0 ? first : Math.Min(first, model.Line.Min(waiting => waiting.To));
    }
}
