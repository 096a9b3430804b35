namespace Nex.Protocol.Output;

/// <summary>One line of output, without its newline. The bytes are valid only during the call.</summary>
/// <param name="line">The bytes as they were written, which need not be UTF-8.</param>
/// <param name="continues">True when the line was too long and goes on in the next call.</param>
internal delegate void LineHandler(ReadOnlySpan<byte> line, bool continues);

/// <summary>
/// Cuts a stream of bytes into lines: complete, in order, in bounded memory. A line longer than <see cref="MaxLineBytes"/> comes in
/// parts. Not safe for use by two threads at once.
/// </summary>
internal sealed class LineSplitter(LineHandler handler)
{
    internal const int MaxLineBytes = 64 * 1024;

    private byte[] _rest = [];
    private int _restLength;

    /// <summary>Takes bytes, and hands on every line that they complete. The handler must not call back.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        int newline;
        while ((newline = bytes.IndexOf((byte)'\n')) >= 0)
        {
            if (_restLength == 0 && newline <= MaxLineBytes)
            {
                handler(bytes[..newline], continues: false);
            }
            else
            {
                AppendToLine(bytes[..newline]);
                EndLine();
            }

            bytes = bytes[(newline + 1)..];
        }

        AppendToLine(bytes);
    }

    /// <summary>The stream has ended: hands on what has no newline behind it.</summary>
    internal void Complete()
    {
        if (_restLength > 0)
        {
            EndLine();
        }
    }

    private void AppendToLine(ReadOnlySpan<byte> bytes)
    {
        while (_restLength + bytes.Length > MaxLineBytes)
        {
            int taken = MaxLineBytes - _restLength;
            Store(bytes[..taken]);
            bytes = bytes[taken..];
            int whole = WholeCharacters(_rest.AsSpan(0, _restLength));
            handler(_rest.AsSpan(0, whole), continues: true);
            _rest.AsSpan(whole, _restLength - whole).CopyTo(_rest);
            _restLength -= whole;
        }

        Store(bytes);
    }

    private void EndLine()
    {
        handler(_rest.AsSpan(0, _restLength), continues: false);
        _restLength = 0;
    }

    private void Store(ReadOnlySpan<byte> bytes)
    {
        if (_rest.Length < _restLength + bytes.Length)
        {
            Array.Resize(ref _rest, Math.Min(MaxLineBytes, Math.Max(256, 2 * (_restLength + bytes.Length))));
        }

        bytes.CopyTo(_rest.AsSpan(_restLength));
        _restLength += bytes.Length;
    }

    /// <summary>How much can be handed on without cutting a UTF-8 sequence in two.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        const int longestSequence = 4;
        for (int back = 1; back < longestSequence; back++)
        {
            byte value = bytes[^back];
            if ((value & 0b1100_0000) != 0b1000_0000)
            {
                int sequence = value switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
                return sequence > back ? bytes.Length - back : bytes.Length;
            }
        }

        return bytes.Length;
    }
}
