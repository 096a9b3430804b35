using System.Collections.Concurrent;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>
/// Starts child processes and notices their ends, all on one thread that lives as long as this program. A child that asks for a signal
/// when its parent dies gets it when the <em>thread</em> that started it ends: a thread of the pool would not do.
/// </summary>
internal static class ChildSupervisor
{
    private static readonly ConcurrentQueue<Order> Orders = new();
    private static readonly Wakeup OrderPlaced = new();

    /// <summary>Those that have not been reaped.</summary>
    private static readonly List<SupervisedChild> Children = [];

    private static bool _hasNoKeys;

    static ChildSupervisor()
    {
        var thread = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "Nex child supervisor" };
        thread.Start();
    }

    /// <summary>Starts a process. The descriptors that it names must stay open until the task has completed.</summary>
    /// <param name="cancellationToken">Withdraws the order, as long as it waits for its turn.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    /// <exception cref="OperationCanceledException">It was withdrawn, and has not been started.</exception>
    internal static Task<SupervisedChild> StartAsync(ChildProcess process, CancellationToken cancellationToken = default)
    {
        var order = new Order(process, cancellationToken);
        Orders.Enqueue(order);
        OrderPlaced.Raise();
        return order.Started.Task;
    }

    private static void Run()
    {
        PollEntry[] entries = [];
        while (true)
        {
            if (entries.Length <= Children.Count)
            {
                entries = new PollEntry[(2 * Children.Count) + 16];
            }

            entries[0] = new PollEntry(OrderPlaced.Descriptor, PollEvents.Readable);
            for (int index = 0; index < Children.Count; index++)
            {
                entries[index + 1] = new PollEntry(Children[index].Process!.Descriptor, PollEvents.Readable);
            }

            Poller.Wait(entries.AsSpan(0, Children.Count + 1), timeout: null);
            // From the back, so that what takes the place of a removed child has been looked at.
            for (int index = Children.Count - 1; index >= 0; index--)
            {
                if (entries[index + 1].Returned != PollEvents.None)
                {
                    Reap(index);
                }
            }

            if (entries[0].Returned != PollEvents.None)
            {
                OrderPlaced.Reset();
                StartOrdered();
            }
        }
    }

    private static void Reap(int index)
    {
        SupervisedChild child = Children[index];
        if (child.TryReap())
        {
            Children[index] = Children[^1];
            Children.RemoveAt(Children.Count - 1);
        }
    }

    private static void StartOrdered()
    {
        while (Orders.TryDequeue(out Order? order))
        {
            if (order.Withdrawn.IsCancellationRequested)
            {
                order.Started.SetCanceled(order.Withdrawn);
                continue;
            }

            try
            {
                GiveUpKeys();
                int pid = order.Process.Spawn();
                var child = new SupervisedChild(pid, PidFd.OpenNewChild(pid));
                if (child.Process is not null)
                {
                    Children.Add(child);
                }

                order.Started.SetResult(child);
            }
            catch (Exception failure)
            {
                // Whatever it is belongs to the one who asked; this thread has to go on.
                order.Started.SetException(failure);
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
