using System.Text.Json;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;

/// <summary>One line that QEMU has sent: its greeting, an event, or an answer.</summary>
internal readonly record struct QmpMessage
{
    /// <summary>The name of an event.</summary>
    internal string? Event { get; private init; }

    /// <summary>What an event came with.</summary>
    internal JsonElement Data { get; private init; }

    /// <summary>The number of the command that it answers.</summary>
    internal long? Id { get; private init; }

    /// <summary>Why a command was refused.</summary>
    internal string? Error { get; private init; }

    internal JsonElement Result { get; private init; }

    internal bool IsGreeting { get; private init; }

    /// <exception cref="QmpException">The line is no QMP.</exception>
    internal static QmpMessage Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Read(document.RootElement.Clone());
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new QmpException(QmpFailure.Malformed, $"QEMU sent what is no QMP: {failure.Message}", failure);
        }
    }

    private static QmpMessage Read(JsonElement message)
    {
        if (message.TryGetProperty("event", out JsonElement name))
        {
            return new QmpMessage { Event = name.GetString(), Data = message.TryGetProperty("data", out JsonElement data) ? data : default };
        }

        if (message.TryGetProperty("QMP", out _))
        {
            return new QmpMessage { IsGreeting = true };
        }

        long? id = message.TryGetProperty("id", out JsonElement number) ? number.GetInt64() : null;
        return message.TryGetProperty("error", out JsonElement error)
            ? new QmpMessage { Id = id, Error = error.GetProperty("desc").GetString() ?? "" }
            : new QmpMessage { Id = id, Result = message.GetProperty("return") };
    }
}
