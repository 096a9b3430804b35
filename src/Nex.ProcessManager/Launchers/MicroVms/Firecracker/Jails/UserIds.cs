namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

/// <summary>Gives each jail a user of its own, of a row of them. Any thread may call it.</summary>
internal sealed class UserIds(uint first, uint count)
{
    private readonly Lock _lock = new();
    private readonly SortedSet<uint> _returned = [];
    private uint _taken;

    /// <exception cref="IOException">All are taken.</exception>
    internal uint Take()
    {
        lock (_lock)
        {
            if (_returned.Count > 0)
            {
                uint lowest = _returned.Min;
                _returned.Remove(lowest);
                return lowest;
            }

            return _taken < count
                ? first + _taken++
                : throw new IOException($"All {count} users from {first} on, which jails can have, are taken.");
        }
    }

    /// <summary>No process of the user is left.</summary>
    internal void Return(uint userId)
    {
        lock (_lock)
        {
            _returned.Add(userId);
        }
    }
}
