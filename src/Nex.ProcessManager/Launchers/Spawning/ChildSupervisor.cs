using System.Collections.Concurrent;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>
/// Starts child processes and notices their ends, on two threads that live as long as this program. A child that asks for a signal when its
/// parent dies gets it when the <em>thread</em> that started it ends: a thread of the pool would not do. That thread is held up until the
/// child has executed its program, which a disk that does not answer can make long: so another one reaps.
/// </summary>
internal static class ChildSupervisor
{
    private static readonly BlockingCollection<Order> Orders = [];
    private static readonly ConcurrentQueue<SupervisedChild> Started = new();
    private static readonly Wakeup ChildStarted = new();
    private static bool _hasNoKeys;

    static ChildSupervisor()
    {
        Begin("Nex child starter", StartAll);
        Begin("Nex child reaper", ReapAll);
    }

    /// <summary>Starts a process. The descriptors that it names must stay open until the task has completed.</summary>
    /// <param name="cancellationToken">Withdraws the order, as long as it waits for its turn.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    /// <exception cref="OperationCanceledException">It was withdrawn, and has not been started.</exception>
    internal static Task<SupervisedChild> StartAsync(ChildProcess process, CancellationToken cancellationToken = default)
    {
        var order = new Order(process, cancellationToken);
        Orders.Add(order, CancellationToken.None);
        return order.Started.Task;
    }

    private static void Begin(string name, ThreadStart work) =>
        new Thread(work, maxStackSize: 256 * 1024) { IsBackground = true, Name = name }.Start();

    private static void StartAll()
    {
        foreach (Order order in Orders.GetConsumingEnumerable())
        {
            if (order.Withdrawn.IsCancellationRequested)
            {
                order.Started.SetCanceled(order.Withdrawn);
                continue;
            }

            try
            {
                order.Started.SetResult(Start(order.Process));
            }
            catch (Exception failure)
            {
                // Whatever it is belongs to the one who asked; this thread has to go on.
                order.Started.SetException(failure);
            }
        }
    }

    private static SupervisedChild Start(ChildProcess process)
    {
        GiveUpKeys();
        int pid = process.Spawn();
        var child = new SupervisedChild(pid, PidFd.OpenNewChild(pid));
        if (child.Process is not null)
        {
            Started.Enqueue(child);
            ChildStarted.Raise();
        }

        return child;
    }

    private static void ReapAll()
    {
        var children = new List<SupervisedChild>();
        PollEntry[] entries = [];
        while (true)
        {
            if (entries.Length <= children.Count)
            {
                entries = new PollEntry[(2 * children.Count) + 16];
            }

            entries[0] = new PollEntry(ChildStarted.Descriptor, PollEvents.Readable);
            for (int index = 0; index < children.Count; index++)
            {
                entries[index + 1] = new PollEntry(children[index].Process!.Descriptor, PollEvents.Readable);
            }

            Poller.Wait(entries.AsSpan(0, children.Count + 1), timeout: null);
            // From the back, so that what takes the place of a removed child has been looked at.
            for (int index = children.Count - 1; index >= 0; index--)
            {
                if (entries[index + 1].Returned != PollEvents.None && children[index].TryReap())
                {
                    children[index] = children[^1];
                    children.RemoveAt(children.Count - 1);
                }
            }

            if (entries[0].Returned != PollEvents.None)
            {
                ChildStarted.Reset();
                while (Started.TryDequeue(out SupervisedChild? child))
                {
                    children.Add(child);
                }
            }
        }
    }

    /// <summary>What is started must not inherit the keys of this program's session. Where that cannot be had, nothing is started.</summary>
    private static void GiveUpKeys()
    {
        if (!_hasNoKeys)
        {
            SessionKeys.GiveUp();
            _hasNoKeys = true;
        }
    }

    private sealed record Order(ChildProcess Process, CancellationToken Withdrawn)
    {
        internal TaskCompletionSource<SupervisedChild> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
