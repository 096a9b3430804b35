using System.Collections.Concurrent;
using Nex.ProcessManager;
using Nex.ProcessManager.Pool;
using Nex.Workloads;

namespace Nex.Demo.Display;

/// <summary>One line of the board.</summary>
internal sealed record BoardRow(string Name, WorkloadState State, string Agent, int Restarts, string LastLine);

/// <summary>The pool and the workloads as they are now, those that are over included. Safe from any thread.</summary>
internal sealed class Board(IProcessManager processes)
{
    /// <summary>Ids begin with the time, and so alike; they end at random.</summary>
    private const int ShownIdCharacters = 8;

    private readonly ConcurrentDictionary<string, Entry> _entries = new();
    private int _count;

    internal PoolStatus Pool => processes.Status;

    /// <summary>One row for each name, in the order in which the names came.</summary>
    internal IReadOnlyList<BoardRow> Rows => [.. _entries.Values.OrderBy(entry => entry.Place).Select(entry => entry.Row)];

    /// <summary>Shows a workload, in place of an earlier one of its name.</summary>
    internal void Follow(Workload workload)
    {
        int place = Interlocked.Increment(ref _count);
        Entry entry = _entries.AddOrUpdate(
            workload.Request.Name, _ => new Entry(place, workload), (_, earlier) => new Entry(earlier.Place, workload));
        _ = entry.ReadAsync();
    }

    private sealed class Entry(int place, Workload workload)
    {
        private volatile string _lastLine = "";

        internal int Place => place;

        internal BoardRow Row => new(
            workload.Request.Name, workload.State, ShownId, workload.Request.RetryCount, _lastLine);

        private string ShownId => workload.AgentId is { } id ? $"…{id[^ShownIdCharacters..]}" : "";

        /// <summary>Ends with the workload.</summary>
        internal async Task ReadAsync()
        {
            await foreach (LogLine line in workload.ReadLogsAsync())
            {
                _lastLine = line.Text;
            }
        }
    }
}
