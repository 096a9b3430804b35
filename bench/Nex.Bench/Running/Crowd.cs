using System.Diagnostics;
using System.Net.Sockets;
using Nex.Bench.Harness;

namespace Nex.Bench.Running;

/// <summary>Many bare programs that have said hello and wait, as warm agents do. They are killed when disposed of.</summary>
internal sealed class Crowd : IDisposable
{
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly List<Child> _programs = [];
    private readonly List<Socket> _connections = [];
    private readonly List<double> _waits = [];

    internal int Count => _programs.Count;

    /// <summary>Milliseconds from the first start until each was heard, in that order.</summary>
    internal IReadOnlyList<double> Waits => _waits;

    /// <summary>How many said hello in a second.</summary>
    internal double PerSecond => Count / (_waits[^1] / 1000);

    internal Samples Memory => new(_programs.Select(program => ProcessMemory.Proportional(program.ProcessId)));

    internal void Add(Child program) => _programs.Add(program);

    internal void Add(Socket connection) => _connections.Add(connection);

    /// <summary>Notes that another one was heard.</summary>
    internal void Hear() => _waits.Add(Series.Since(_begun));

    /// <summary>Kills all, and waits until none is left.</summary>
    /// <returns>Milliseconds that it took.</returns>
    internal double Stop()
    {
        long begun = Stopwatch.GetTimestamp();
        _programs.ForEach(program => program.Kill());
        _programs.ForEach(program => program.WaitForEnd());
        return Series.Since(begun);
    }

    public void Dispose()
    {
        _programs.ForEach(program => program.Dispose());
        _connections.ForEach(connection => connection.Dispose());
    }
}
