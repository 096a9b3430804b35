using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tests.Support;

namespace Nex.Protocol.Tests.JsonRpc;

/// <summary>A program may watch for failures that nobody looked at, and take them for faults of its own.</summary>
public sealed class UnobservedFailureTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _reason = Guid.NewGuid().ToString();

    [Fact]
    public Task The_end_of_a_link_that_cannot_be_sent_on_is_told_once() => AssertObservedAsync(async () =>
    {
        var link = new BreakingLink();
        await using var peer = new JsonRpcPeer(link, new TestHandler(), maxFrameBytes: 1000);
        Task<LinkException> end = peer.RunAsync();
        Task ping = peer.PingAsync(1);

        link.Receiving.SetException(new IOException(_reason));
        await end.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        link.Sending.SetException(new IOException(_reason));

        await Assert.ThrowsAsync<LinkException>(() => ping.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    });

    /// <summary>Only what has the reason of this test counts: others run at the same time.</summary>
    private async Task AssertObservedAsync(Func<Task> run)
    {
        var unobserved = new ConcurrentQueue<string>();
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            // On a stack of its own, so that nothing of it is held here.
            await Task.Run(run);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();

            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }

        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs failure)
        {
            string text = failure.Exception.ToString();
            if (text.Contains(_reason, StringComparison.Ordinal))
            {
                unobserved.Enqueue(text);
            }
        }
    }

    /// <summary>Neither receives nor sends before it breaks.</summary>
    private sealed class BreakingLink : Link
    {
        internal TaskCompletionSource<int> Receiving { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource<bool> Sending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => new(Receiving.Task);

        internal override ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken) => new(Sending.Task);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
