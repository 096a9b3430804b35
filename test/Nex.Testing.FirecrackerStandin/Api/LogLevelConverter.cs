using System.Text.Json;
using System.Text.Json.Serialization;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>A level of the log, which alone among the names of the API is taken in any case.</summary>
internal sealed class LogLevelConverter : JsonConverter<LogLevel>
{
    public override LogLevel Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return TryParse(name) ?? throw new JsonException($"unknown variant `{name}`, expected a level of the log");
    }

    public override void Write(Utf8JsonWriter writer, LogLevel value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    /// <summary>Null where it is no level.</summary>
    internal static LogLevel? TryParse(string? name) => name?.ToUpperInvariant() switch
    {
        "OFF" => LogLevel.Off,
        "ERROR" => LogLevel.Error,
        "WARN" or "WARNING" => LogLevel.Warn,
        "INFO" => LogLevel.Info,
        "DEBUG" => LogLevel.Debug,
        "TRACE" => LogLevel.Trace,
        _ => null,
    };
}
