using System.Text.Json;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Messages;

/// <summary>
/// Writes what an agent says, but for output, which <see cref="Workloads.OutputPipe"/> writes. By hand: what the serializer sets up would
/// stay in the memory of every warm agent, and the first use of it takes longer than starting a workload.
/// </summary>
internal sealed class AgentMessageWriter(FrameWriter writer)
{
    private long _lastId;

    /// <returns>The id that the answer will have.</returns>
    internal long Hello(string agentId, string version, IEnumerable<string> providers)
    {
        Utf8JsonWriter json = writer.BeginCall(AgentMethods.Hello, ++_lastId);
        json.WriteStartObject();
        json.WriteString("agent_id"u8, agentId);
        json.WriteNumber("protocol"u8, AgentHello.CurrentProtocol);
        json.WriteString("version"u8, version);
        json.WriteStartArray("providers"u8);
        foreach (string provider in providers)
        {
            json.WriteStringValue(provider);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        writer.End();
        return _lastId;
    }

    internal void Waiting(string version)
    {
        Utf8JsonWriter json = writer.BeginCall(AgentMethods.Waiting);
        json.WriteStartObject();
        json.WriteNumber("protocol"u8, AgentHello.CurrentProtocol);
        json.WriteString("version"u8, version);
        json.WriteEndObject();
        writer.End();
    }

    /// <returns>The id that the answer will have.</returns>
    internal long ReadClock()
    {
        Utf8JsonWriter json = writer.BeginCall(AgentMethods.ReadClock, ++_lastId);
        json.WriteStartObject();
        json.WriteEndObject();
        writer.End();
        return _lastId;
    }

    internal void Adopted(ReadOnlyMemory<byte> requestId, TimeSpan clockError)
    {
        Utf8JsonWriter json = writer.BeginResult(requestId);
        json.WriteStartObject();
        json.WriteNumber("clock_error_ms"u8, clockError.TotalMilliseconds);
        json.WriteEndObject();
        writer.End();
    }

    /// <returns>The id that the answer will have.</returns>
    internal long ReadArtifact(long offset, int count)
    {
        Utf8JsonWriter json = writer.BeginCall(AgentMethods.ReadArtifact, ++_lastId);
        json.WriteStartObject();
        json.WriteNumber("offset"u8, offset);
        json.WriteNumber("count"u8, count);
        json.WriteEndObject();
        writer.End();
        return _lastId;
    }

    internal void Started(ReadOnlyMemory<byte> requestId, int processId, TimeSpan artifact, TimeSpan start)
    {
        Utf8JsonWriter json = writer.BeginResult(requestId);
        json.WriteStartObject();
        json.WriteNumber("pid"u8, processId);
        json.WriteNumber("artifact_ns"u8, artifact.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteNumber("start_ns"u8, start.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteEndObject();
        writer.End();
    }

    internal void Undeploying(ReadOnlyMemory<byte> requestId, bool stopping)
    {
        Utf8JsonWriter json = writer.BeginResult(requestId);
        json.WriteStartObject();
        json.WriteBoolean("stopping"u8, stopping);
        json.WriteEndObject();
        writer.End();
    }

    internal void Exited(int? code, int? signal)
    {
        Utf8JsonWriter json = writer.BeginCall(AgentMethods.Exited);
        json.WriteStartObject();
        if (code is { } number)
        {
            json.WriteNumber("code"u8, number);
        }

        if (signal is { } name)
        {
            json.WriteNumber("signal"u8, name);
        }

        json.WriteEndObject();
        writer.End();
    }

    /// <summary>Answers with JSON that came with the request.</summary>
    internal void Echo(ReadOnlyMemory<byte> requestId, ReadOnlyMemory<byte> json) =>
        writer.WriteRawResult(requestId, json.IsEmpty ? "{}"u8 : json.Span);

    internal void Error(ReadOnlyMemory<byte> requestId, int code, string message) =>
        writer.WriteError(requestId, new JsonRpcError(code, message));
}
