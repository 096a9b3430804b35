using System.Runtime.CompilerServices;

namespace Nex.Testing.Waiting;

/// <summary>Waits for what must happen, and says what did not. The time is long: it only passes when something is wrong.</summary>
internal static class Deadline
{
    internal static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    internal static Task Within(this Task task, [CallerArgumentExpression(nameof(task))] string what = "") => task.Within(Length, what);

    /// <summary>For what may take longer than all else, such as the boot of an emulated machine.</summary>
    internal static async Task Within(this Task task, TimeSpan length, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            await task.WaitAsync(length).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"This did not end within {length.TotalSeconds} s: {what}");
        }
    }

    internal static async Task<T> Within<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).Within(what).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    internal static Task Within(this ValueTask task, [CallerArgumentExpression(nameof(task))] string what = "") => task.AsTask().Within(what);

    internal static Task<T> Within<T>(this ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string what = "") =>
        task.AsTask().Within(what);
}
