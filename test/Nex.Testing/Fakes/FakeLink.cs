namespace Nex.Testing.Fakes;

/// <summary>
/// A pair of streams in memory, each of which reads what the other writes, with the ends of a socket pair: a reader finds the end once the
/// other side is closed and everything is read, a writer to a closed side fails, and closing one's own side ends one's own read.
/// </summary>
internal sealed class FakeLink
{
    private readonly Half _toAgent = new();
    private readonly Half _toNode = new();

    internal FakeLink()
    {
        NodeSide = new Side(_toAgent, _toNode);
        AgentSide = new Side(_toNode, _toAgent);
    }

    internal Stream NodeSide { get; }

    internal Stream AgentSide { get; }

    /// <summary>One direction. It holds as much as is written.</summary>
    private sealed class Half
    {
        private readonly Lock _lock = new();
        private readonly Queue<ReadOnlyMemory<byte>> _written = new();
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _writerClosed;
        private bool _readerClosed;

        internal async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    ObjectDisposedException.ThrowIf(_readerClosed, this);
                    if (_written.TryPeek(out ReadOnlyMemory<byte> next))
                    {
                        return Take(next, buffer);
                    }

                    if (_writerClosed)
                    {
                        return 0;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        internal void Write(ReadOnlyMemory<byte> bytes)
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_writerClosed, this);
                if (_readerClosed)
                {
                    throw new IOException("Broken pipe");
                }

                _written.Enqueue(bytes.ToArray());
                SetChanged();
            }
        }

        internal void Close(bool reader)
        {
            lock (_lock)
            {
                _readerClosed |= reader;
                _writerClosed |= !reader;
                SetChanged();
            }
        }

        private int Take(ReadOnlyMemory<byte> next, Memory<byte> buffer)
        {
            int count = Math.Min(next.Length, buffer.Length);
            next[..count].CopyTo(buffer);
            _ = _written.Dequeue();
            if (count < next.Length)
            {
                ReadOnlyMemory<byte>[] rest = [next[count..], .. _written];
                _written.Clear();
                Array.ForEach(rest, _written.Enqueue);
            }

            return count;
        }

        private void SetChanged()
        {
            TaskCompletionSource changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    private sealed class Side(Half outgoing, Half incoming) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            incoming.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            outgoing.Write(buffer);
            return ValueTask.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => outgoing.Write(buffer.AsMemory(offset, count));

        protected override void Dispose(bool disposing)
        {
            outgoing.Close(reader: false);
            incoming.Close(reader: true);
            base.Dispose(disposing);
        }
    }
}
