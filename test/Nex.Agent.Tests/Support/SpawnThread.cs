using System.Collections.Concurrent;
using Nex.Linux.Processes;

namespace Nex.Agent.Tests.Support;

/// <summary>
/// Starts every agent from one thread that lives as long as the tests do: an agent may ask to end with the thread that started it.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<(ChildProcess Child, TaskCompletionSource<int> Started)> Requests = Start();

    internal static int Spawn(ChildProcess child)
    {
        var started = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((child, started));
        return started.Task.GetAwaiter().GetResult();
    }

    private static BlockingCollection<(ChildProcess Child, TaskCompletionSource<int> Started)> Start()
    {
        var requests = new BlockingCollection<(ChildProcess, TaskCompletionSource<int>)>();
        new Thread(Run) { IsBackground = true, Name = "spawn" }.Start();
        return requests;

        void Run()
        {
            foreach ((ChildProcess child, TaskCompletionSource<int> started) in requests.GetConsumingEnumerable())
            {
                try
                {
                    started.SetResult(child.Spawn());
                }
                catch (IOException failure)
                {
                    started.SetException(failure);
                }
            }
        }
    }
}
