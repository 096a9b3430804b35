using System.Collections.Concurrent;
using System.Diagnostics;
using Nex.Bench.Harness;

namespace Nex.Bench.Running;

/// <summary>Many bare clones alive at once. They are killed when disposed of.</summary>
internal sealed class BareMachines : IDisposable
{
    private readonly ConcurrentBag<BareMachine> _machines = [];

    /// <summary>Milliseconds from the first start until all were up.</summary>
    internal double Filled { get; private set; }

    internal IReadOnlyList<MachineMemory> Memory => [.. _machines.Select(machine => ProcessMemory.OfMachine(machine.ProcessId))];

    /// <summary>Clones so many, some of them at a time, each of those on a thread of its own: they block.</summary>
    internal static async Task<BareMachines> StartAsync(MachineTemplate template, uint userId, int count, int atOnce)
    {
        var machines = new BareMachines();
        long begun = Stopwatch.GetTimestamp();
        int left = count;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Factory.StartNew(CloneSome, TaskCreationOptions.LongRunning)));
            machines.Filled = Series.Since(begun);
            return machines;
        }
        catch
        {
            machines.Dispose();
            throw;
        }

        void CloneSome()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                machines._machines.Add(BareMachine.Clone(template, userId));
            }
        }
    }

    /// <summary>Kills all, and waits until none is left.</summary>
    /// <returns>Milliseconds that it took.</returns>
    internal double Stop()
    {
        long begun = Stopwatch.GetTimestamp();
        foreach (BareMachine machine in _machines)
        {
            machine.Kill();
        }

        Dispose();
        return Series.Since(begun);
    }

    public void Dispose()
    {
        while (_machines.TryTake(out BareMachine? machine))
        {
            machine.Dispose();
        }
    }
}
