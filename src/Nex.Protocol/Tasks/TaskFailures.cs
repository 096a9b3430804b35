namespace Nex.Protocol.Tasks;

/// <summary>For failures that are told in another way, or that nobody need learn of.</summary>
internal static class TaskFailures
{
    /// <summary>
    /// Looks at the failure of a task, now or when it comes: otherwise the runtime would tell the program of it, as of a fault that everybody
    /// has overlooked.
    /// </summary>
    internal static void Observe(this Task task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            _ = task.ContinueWith(
                static failed => failed.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
