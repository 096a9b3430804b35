using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>
/// Names of an enum, exactly as they are written in the API: .NET's own converter takes them in any case.
/// </summary>
internal sealed class StrictEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values = Enum.GetValues<T>().ToDictionary(NameOf, StringComparer.Ordinal);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return name is not null && Values.TryGetValue(name, out T value)
            ? value
            : throw new JsonException(name is null
                ? "invalid type: expected a string"
                : $"unknown variant `{name}`, expected one of {string.Join(", ", Values.Keys.Select(key => $"`{key}`"))}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(NameOf(value));

    private static string NameOf(T value) =>
        typeof(T).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? value.ToString();
}
