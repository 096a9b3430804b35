using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Output;

namespace Nex.Agent.Workloads;

/// <summary>Turns what a workload writes to one stream into notifications of lines.</summary>
internal sealed class OutputPipe
{
    /// <summary>A frame is closed at this size. With the longest line behind it, escaped, it stays below what a node accepts.</summary>
    private const int FullFrameBytes = 64 * 1024;

    private readonly SafeFileHandle _pipe;
    private readonly string _stream;
    private readonly FrameWriter _writer;
    private readonly LineSplitter _splitter;
    private Utf8JsonWriter? _frame;

    internal OutputPipe(SafeFileHandle pipe, string stream, FrameWriter writer)
    {
        _pipe = pipe;
        _stream = stream;
        _writer = writer;
        _splitter = new LineSplitter(AddLine);
    }

    /// <summary>Whether the end has been reached and everything handed on.</summary>
    internal bool Ended { get; private set; }

    internal PollEntry PollEntry => new(_pipe, PollEvents.Readable);

    /// <summary>Reads once.</summary>
    /// <returns>False when there is nothing now, and at the end.</returns>
    internal bool Read(Span<byte> buffer)
    {
        int? count = Descriptor.Read(_pipe, buffer);
        if (count is > 0)
        {
            _splitter.Append(buffer[..count.Value]);
            CloseFrame();
            return true;
        }

        if (count == 0)
        {
            End();
        }

        return false;
    }

    /// <summary>Nothing more will come: hands on a last line that has no newline.</summary>
    internal void End()
    {
        if (!Ended)
        {
            Ended = true;
            _splitter.Complete();
            CloseFrame();
        }
    }

    private void AddLine(ReadOnlySpan<byte> line, bool continues)
    {
        Utf8JsonWriter json = _frame ??= OpenFrame();
        json.WriteStartObject();
        json.WriteString("stream"u8, _stream);
        if (Utf8.IsValid(line))
        {
            json.WriteString("text"u8, line);
        }
        else
        {
            json.WriteString("text"u8, Encoding.UTF8.GetString(line));
        }

        if (continues)
        {
            json.WriteBoolean("continues"u8, true);
        }

        json.WriteEndObject();
        if (json.BytesCommitted + json.BytesPending > FullFrameBytes)
        {
            CloseFrame();
        }
    }

    private Utf8JsonWriter OpenFrame()
    {
        Utf8JsonWriter json = _writer.BeginCall(AgentMethods.Output);
        json.WriteStartObject();
        json.WriteStartArray("lines"u8);
        return json;
    }

    private void CloseFrame()
    {
        if (_frame is { } json)
        {
            _frame = null;
            json.WriteEndArray();
            json.WriteEndObject();
            _writer.End();
        }
    }
}
