using Nex.Client.Streams;
using Nex.Control;

namespace Nex.Cli.Commands.Streams;

/// <summary>Shows what comes on a stream.</summary>
internal static class Listening
{
    /// <summary>Shows it until the token is cancelled, and says on standard error what was missed.</summary>
    /// <exception cref="ControlException">The connection was closed.</exception>
    internal static async Task ShowAsync<T>(CommandRun run, SubjectStream<T> stream, Action<T> show, CancellationToken cancellation)
        where T : class
    {
        long told = 0;
        await foreach (T item in stream.WithCancellation(cancellation).ConfigureAwait(false))
        {
            if (stream.Dropped is var dropped && dropped > told)
            {
                run.Say($"{dropped - told} messages were missed here: they came faster than they could be shown");
                told = dropped;
            }

            show(item);
        }

        throw new ControlException(ControlFault.Unavailable, "The connection to NATS is closed.");
    }
}
