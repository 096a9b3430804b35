using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Messages;

/// <summary>
/// Reads what a node says, by hand for the reasons of <see cref="AgentMessageWriter"/>. Members that are not known are passed over, as the
/// serializer does; one that is missing, or of another type, is a <see cref="LinkException"/>.
/// </summary>
internal static class AgentMessageReader
{
    private delegate T Parser<T>(ref Utf8JsonReader reader);

    internal static AgentDeploy Deploy(ReadOnlyMemory<byte> json) => Read(json, "The deploy request", ParseDeploy);

    internal static TimeSpan UndeployGrace(ReadOnlyMemory<byte> json) => Read(json, "The undeploy request", static (ref Utf8JsonReader reader) =>
    {
        long? grace = null;
        while (NextMember(ref reader))
        {
            if (!Take(ref reader, "grace_ms"u8, ref grace, Number))
            {
                reader.Skip();
            }
        }

        return TimeSpan.FromMilliseconds(Math.Clamp(grace ?? throw Missing("grace_ms"), 0, int.MaxValue));
    });

    internal static AgentAdopt Adopt(ReadOnlyMemory<byte> json) => Read(json, "The adoption", static (ref Utf8JsonReader reader) =>
    {
        string? id = null;
        byte[]? entropy = null;
        while (NextMember(ref reader))
        {
            bool known = Take(ref reader, "agent_id"u8, ref id, Text)
                || Take(ref reader, "entropy"u8, ref entropy, Bytes);
            if (!known)
            {
                reader.Skip();
            }
        }

        return new AgentAdopt { AgentId = id ?? throw Missing("agent_id"), Entropy = entropy ?? throw Missing("entropy") };
    });

    internal static DateTimeOffset Clock(ReadOnlyMemory<byte> json) => Read(json, "The time", static (ref Utf8JsonReader reader) =>
    {
        long? nanoseconds = null;
        while (NextMember(ref reader))
        {
            if (!Take(ref reader, "unix_ns"u8, ref nanoseconds, Number))
            {
                reader.Skip();
            }
        }

        return DateTimeOffset.UnixEpoch.AddTicks((nanoseconds ?? throw Missing("unix_ns")) / TimeSpan.NanosecondsPerTick);
    });

    /// <summary>
    /// Reads a part of the artifact. As nodes write it, it is not read as JSON once more, which takes an emulated processor almost as long as to decode
    /// it: what can be decoded holds nothing that JSON would read otherwise.
    /// </summary>
    /// <param name="buffer">What it is decoded into; a larger one is put in its place where it is too small.</param>
    internal static ReadOnlyMemory<byte> ArtifactChunk(ReadOnlyMemory<byte> json, ref byte[] buffer)
    {
        ReadOnlySpan<byte> text = json.Span, begin = "{\"data\":\""u8, end = "\"}"u8;
        if (text.Length >= begin.Length + end.Length && text.StartsWith(begin) && text.EndsWith(end))
        {
            ReadOnlySpan<byte> base64 = text[begin.Length..^end.Length];
            int most = Base64.GetMaxDecodedFromUtf8Length(base64.Length);
            buffer = buffer.Length < most ? new byte[most] : buffer;
            if (Base64.DecodeFromUtf8(base64, buffer, out _, out int count) == OperationStatus.Done)
            {
                return buffer.AsMemory(0, count);
            }
        }

        return ArtifactChunk(json);
    }

    private static byte[] ArtifactChunk(ReadOnlyMemory<byte> json) => Read(json, "A part of the artifact", static (ref Utf8JsonReader reader) =>
    {
        byte[]? data = null;
        while (NextMember(ref reader))
        {
            if (!Take(ref reader, "data"u8, ref data, Bytes))
            {
                reader.Skip();
            }
        }

        return data ?? throw Missing("data");
    });

    private static AgentDeploy ParseDeploy(ref Utf8JsonReader reader)
    {
        string? name = null, type = null, program = null;
        List<string>? argv = null;
        Dictionary<string, string>? environment = null;
        AgentArtifact? artifact = null;
        long? pidsLimit = null, memoryLimit = null;
        double? cpuLimit = null;
        while (NextMember(ref reader))
        {
            bool known = Take(ref reader, "name"u8, ref name, Text)
                || Take(ref reader, "type"u8, ref type, Text)
                || Take(ref reader, "program"u8, ref program, Text)
                || Take(ref reader, "argv"u8, ref argv, Strings)
                || Take(ref reader, "environment"u8, ref environment, Map)
                || Take(ref reader, "artifact"u8, ref artifact, Artifact)
                || Take(ref reader, "pids_limit"u8, ref pidsLimit, OptionalNumber)
                || Take(ref reader, "memory_limit"u8, ref memoryLimit, OptionalNumber)
                || Take(ref reader, "cpu_limit"u8, ref cpuLimit, OptionalFraction);
            if (!known)
            {
                reader.Skip();
            }
        }

        return new AgentDeploy
        {
            Name = name ?? throw Missing("name"),
            Type = type ?? throw Missing("type"),
            Program = program ?? throw Missing("program"),
            Argv = argv ?? throw Missing("argv"),
            Environment = environment ?? throw Missing("environment"),
            Artifact = artifact ?? throw Missing("artifact"),
            PidsLimit = (int?)pidsLimit,
            MemoryLimit = memoryLimit,
            CpuLimit = cpuLimit,
        };
    }

    private static AgentArtifact Artifact(ref Utf8JsonReader reader)
    {
        long? size = null;
        bool? attached = null;
        RequireObject(ref reader);
        while (NextMember(ref reader))
        {
            if (!Take(ref reader, "size"u8, ref size, Number) && !Take(ref reader, "attached"u8, ref attached, static (ref Utf8JsonReader reader) => reader.GetBoolean()))
            {
                reader.Skip();
            }
        }

        return new AgentArtifact { Size = size ?? throw Missing("artifact.size"), Attached = attached ?? throw Missing("artifact.attached") };
    }

    private static List<string> Strings(ref Utf8JsonReader reader)
    {
        var strings = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("an array was expected");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            strings.Add(Text(ref reader));
        }

        return strings;
    }

    private static Dictionary<string, string> Map(ref Utf8JsonReader reader)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        RequireObject(ref reader);
        while (NextMember(ref reader))
        {
            string name = reader.GetString()!;
            reader.Read();
            map[name] = Text(ref reader);
        }

        return map;
    }

    private static string Text(ref Utf8JsonReader reader) => reader.GetString() ?? throw new JsonException("a string was expected");

    private static byte[] Bytes(ref Utf8JsonReader reader) => reader.GetBytesFromBase64();

    private static double? OptionalFraction(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? null : reader.GetDouble();

    private static long? Number(ref Utf8JsonReader reader) => reader.TryGetInt64(out long number) ? number : throw new JsonException("a whole number was expected");

    private static long? OptionalNumber(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? null : Number(ref reader);

    /// <summary>Takes the value of the member that the reader stands on, if it is the one of that name.</summary>
    private static bool Take<T>(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ref T value, Parser<T> parse)
    {
        // Taking a member moves the reader to its value, which is no name any more.
        if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals(name))
        {
            return false;
        }

        reader.Read();
        value = parse(ref reader);
        return true;
    }

    private static bool NextMember(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static void RequireObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("an object was expected");
        }
    }

    private static T Read<T>(ReadOnlyMemory<byte> json, string what, Parser<T> parse)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            reader.Read();
            RequireObject(ref reader);
            return parse(ref reader);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new LinkException(LinkFault.MalformedFrame, $"{what} is not as its method has it: {failure.Message}", failure);
        }
    }

    private static JsonException Missing(string member) => new($"'{member}' is missing");
}
