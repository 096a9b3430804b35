using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nex.Protocol.JsonRpc;

/// <summary>
/// Writes JSON-RPC messages as frames, one behind the other, into a buffer that is sent from its start. Not safe for use by two threads
/// at once.
/// </summary>
internal sealed class FrameWriter : IBufferWriter<byte>, IDisposable
{
    private const int SmallestBuffer = 512;

    private static readonly JsonWriterOptions Options = new()
    {
        // The text goes to a peer, never into a web page: only what JSON itself demands is escaped.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly Utf8JsonWriter _json;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _frame;

    internal FrameWriter() => _json = new Utf8JsonWriter(this, Options);

    /// <summary>What has been written and not yet sent.</summary>
    internal ReadOnlyMemory<byte> Pending => _buffer.AsMemory(_start, _end - _start);

    internal int PendingBytes => _end - _start;

    /// <summary>So many bytes have been sent.</summary>
    internal void Sent(int count)
    {
        _start += count;
        if (_start == _end)
        {
            Dispose();
        }
    }

    internal void WriteRequest<T>(long id, string method, T parameters, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(BeginCall(method, id), parameters, type);
        End();
    }

    internal void WriteNotification<T>(string method, T parameters, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(BeginCall(method), parameters, type);
        End();
    }

    internal void WriteResult<T>(ReadOnlyMemory<byte> id, T result, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(BeginResult(id), result, type);
        End();
    }

    /// <summary>Answers with JSON that is known to be valid, such as what came with the request.</summary>
    internal void WriteRawResult(ReadOnlyMemory<byte> id, ReadOnlySpan<byte> result)
    {
        BeginResult(id).WriteRawValue(result, skipInputValidation: true);
        End();
    }

    internal void WriteError(ReadOnlyMemory<byte> id, JsonRpcError error)
    {
        BeginAnswer(id);
        _json.WriteStartObject("error"u8);
        _json.WriteNumber("code"u8, error.Code);
        _json.WriteString("message"u8, error.Message);
        _json.WriteEndObject();
        End();
    }

    /// <summary>Opens a request, or without an id a notification; the caller writes the value of its parameters, and then calls <see cref="End"/>.</summary>
    internal Utf8JsonWriter BeginCall(string method, long? id = null)
    {
        Begin();
        if (id is { } number)
        {
            _json.WriteNumber("id"u8, number);
        }

        _json.WriteString("method"u8, method);
        _json.WritePropertyName("params"u8);
        return _json;
    }

    /// <summary>Opens an answer; the caller writes the value of its result, and then calls <see cref="End"/>.</summary>
    internal Utf8JsonWriter BeginResult(ReadOnlyMemory<byte> id)
    {
        BeginAnswer(id);
        _json.WritePropertyName("result"u8);
        return _json;
    }

    private void Begin()
    {
        _frame = PendingBytes;
        GetSpan(FrameReader.HeaderBytes);
        _end += FrameReader.HeaderBytes;
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("jsonrpc"u8, "2.0"u8);
    }

    internal void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        int length = PendingBytes - _frame - FrameReader.HeaderBytes;
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_start + _frame), length);
    }

    public void Advance(int count) => _end += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = Math.Max(sizeHint, 1);
        if (_buffer.Length - _end < needed)
        {
            int pending = PendingBytes;
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, 2 * (pending + needed)));
            _buffer.AsSpan(_start, pending).CopyTo(larger);
            Return();
            _buffer = larger;
            (_start, _end) = (0, pending);
        }

        return _buffer.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Gives the buffer back and drops what is in it. The writer can be used again.</summary>
    public void Dispose()
    {
        Return();
        _buffer = [];
        _start = _end = 0;
    }

    private void BeginAnswer(ReadOnlyMemory<byte> id)
    {
        Begin();
        _json.WritePropertyName("id"u8);
        _json.WriteRawValue(id.Span, skipInputValidation: true);
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
