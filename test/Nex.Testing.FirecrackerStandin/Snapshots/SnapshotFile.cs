using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Nex.Testing.FirecrackerStandin.Snapshots;

/// <summary>
/// The state file of a snapshot: a name, a version, the length of the head, the head, QEMU's own state, and the SHA-256 of all before it.
/// A file that was cut or changed is not taken for one.
/// </summary>
internal sealed class SnapshotFile : IDisposable
{
    /// <summary>Of the format, as <c>--snapshot-version</c> prints it.</summary>
    internal const string Version = "v1.0.0";

    private const int MaxHeadLength = 1 << 20;
    private const int PrefixLength = 16;

    private static readonly byte[] Name = "nexstate"u8.ToArray();
    private static readonly byte[] FormatVersion = [1, 0, 0, 0];

    private readonly FileStream _stream;

    private SnapshotFile(FileStream stream, SnapshotState state)
    {
        _stream = stream;
        State = state;
    }

    internal SnapshotState State { get; }

    /// <summary>Writes a file from its head and a stream of QEMU's state, which is read to its end.</summary>
    internal static async Task WriteAsync(FileStream file, SnapshotState state, Stream machine)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] head = JsonSerializer.SerializeToUtf8Bytes(state, SnapshotJson.Default.SnapshotState);
        byte[] prefix = new byte[PrefixLength];
        Name.CopyTo(prefix, 0);
        FormatVersion.CopyTo(prefix, 8);
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(12), head.Length);
        await AppendAsync(file, hash, prefix).ConfigureAwait(false);
        await AppendAsync(file, hash, head).ConfigureAwait(false);

        byte[] buffer = new byte[65_536];
        int count;
        while ((count = await machine.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            await AppendAsync(file, hash, buffer.AsMemory(0, count)).ConfigureAwait(false);
        }

        await file.WriteAsync(hash.GetHashAndReset()).ConfigureAwait(false);
        await file.FlushAsync().ConfigureAwait(false);
    }

    /// <exception cref="InvalidDataException">It is no whole snapshot of this format.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    internal static SnapshotFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        try
        {
            SnapshotState state = ReadState(stream);
            return new SnapshotFile(stream, state);
        }
        catch (Exception failure)
        {
            stream.Dispose();
            if (failure is JsonException or EndOfStreamException)
            {
                throw new InvalidDataException(failure.Message, failure);
            }

            throw;
        }
    }

    /// <summary>Writes QEMU's state to a stream.</summary>
    internal async Task CopyMachineToAsync(Stream machine)
    {
        byte[] buffer = new byte[65_536];
        long left = _stream.Length - SHA256.HashSizeInBytes - _stream.Position;
        while (left > 0)
        {
            int count = await _stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length))).ConfigureAwait(false);
            await machine.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            left -= count;
        }
    }

    public void Dispose() => _stream.Dispose();

    private static async Task AppendAsync(FileStream file, IncrementalHash hash, ReadOnlyMemory<byte> bytes)
    {
        hash.AppendData(bytes.Span);
        await file.WriteAsync(bytes).ConfigureAwait(false);
    }

    /// <summary>Leaves the stream at the start of QEMU's state.</summary>
    private static SnapshotState ReadState(FileStream stream)
    {
        CheckHash(stream);
        byte[] prefix = new byte[PrefixLength];
        stream.ReadExactly(prefix);
        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(12));
        if (!prefix.AsSpan(0, 8).SequenceEqual(Name) || !prefix.AsSpan(8, 4).SequenceEqual(FormatVersion) || length is < 0 or > MaxHeadLength)
        {
            throw new InvalidDataException("Magic value does not match expected.");
        }

        byte[] head = new byte[length];
        stream.ReadExactly(head);
        return JsonSerializer.Deserialize(head, SnapshotJson.Default.SnapshotState) ?? throw new InvalidDataException("The head is empty.");
    }

    private static void CheckHash(FileStream stream)
    {
        long length = stream.Length - SHA256.HashSizeInBytes;
        if (length < PrefixLength)
        {
            throw new InvalidDataException("The file is too short.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[65_536];
        while (stream.Position < length)
        {
            int count = (int)Math.Min(buffer.Length, length - stream.Position);
            stream.ReadExactly(buffer, 0, count);
            hash.AppendData(buffer, 0, count);
        }

        byte[] expected = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(expected);
        stream.Position = 0;
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
        {
            throw new InvalidDataException("The checksum does not match.");
        }
    }
}
