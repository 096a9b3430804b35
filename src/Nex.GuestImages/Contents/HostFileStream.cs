using Microsoft.Win32.SafeHandles;

namespace Nex.GuestImages.Contents;

/// <summary>Reads a file of the host that must have a known length: an image that says one length and holds another is broken.</summary>
internal sealed class HostFileStream(string path, long length) : Stream
{
    private readonly SafeFileHandle _file = HostFiles.OpenRead(path);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer) => Advance(RandomAccess.Read(_file, buffer, Position), buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Advance(await RandomAccess.ReadAsync(_file, buffer, Position, cancellationToken).ConfigureAwait(false), buffer.Length);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Advance(int read, int wanted)
    {
        Position += read;
        bool hasEnded = read == 0 && wanted > 0;
        return Position > length || (hasEnded && Position < length)
            ? throw new GuestImageException(
                GuestImageError.FileChanged,
                $"{path} was changed while the image was built: it had {length} bytes at first. Build again when nobody writes to it.")
            : read;
    }
}
