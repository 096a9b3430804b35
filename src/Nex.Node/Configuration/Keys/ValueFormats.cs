using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Nex.Node.Configuration.Keys;

/// <summary>The formats of values.</summary>
internal static class ValueFormats
{
    internal static ValueFormat<bool> Flag { get; } = new()
    {
        Expected = "true or false",
        Read = static (JsonElement json, out bool value) =>
        {
            value = json.ValueKind == JsonValueKind.True;
            return value || json.ValueKind == JsonValueKind.False;
        },
        Parse = bool.TryParse,
    };

    internal static ValueFormat<string> Text { get; } = TextWhere("a text that is not empty", text => !string.IsNullOrWhiteSpace(text));

    /// <summary>Relative ones are those of the current directory.</summary>
    internal static ValueFormat<string> FilePath { get; } = Of("a path", static (string text, [MaybeNullWhen(false)] out string path) =>
    {
        bool valid = !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);
        path = valid ? Path.GetFullPath(text) : null;
        return valid;
    });

    /// <summary>A program: a path, or a name that is looked up in PATH.</summary>
    internal static ValueFormat<string> Program { get; } = Of("a path, or a name that is in PATH", static (string text, [MaybeNullWhen(false)] out string path) =>
    {
        bool valid = !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);
        path = !valid ? null : text.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(text) : text;
        return valid;
    });

    internal static ValueFormat<IReadOnlyDictionary<string, string>> Map { get; } = new()
    {
        Expected = "an object of texts, in the environment NAME=VALUE,NAME=VALUE",
        Read = ReadMap,
        Parse = ParseMap,
        Combine = (below, above) => new Dictionary<string, string>(below.Concat(above).GroupBy(pair => pair.Key).Select(group => group.Last())),
    };

    /// <summary>An object that is looked at later.</summary>
    internal static ValueFormat<JsonElement> Object { get; } = new()
    {
        Expected = "an object",
        Read = static (JsonElement json, out JsonElement value) =>
        {
            value = json.ValueKind == JsonValueKind.Object ? json.Clone() : default;
            return json.ValueKind == JsonValueKind.Object;
        },
        Parse = static (string text, out JsonElement value) =>
        {
            value = default;
            try
            {
                using JsonDocument document = JsonDocument.Parse(text, ConfigurationFile.JsonOptions);
                value = document.RootElement.Clone();
                return value.ValueKind == JsonValueKind.Object;
            }
            catch (JsonException)
            {
                return false;
            }
        },
    };

    internal static ValueFormat<string> TextWhere(string expected, Func<string, bool> isValid) =>
        Of(expected, (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text;
            return isValid(text);
        });

    internal static ValueFormat<long> Integer(long least, long most) => new()
    {
        Expected = most == long.MaxValue ? $"a whole number from {least} on" : $"a whole number from {least} to {most}",
        Read = (JsonElement json, out long value) =>
        {
            value = 0;
            return json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out value) && value >= least && value <= most;
        },
        Parse = (string text, out long value) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
    };

    /// <summary>A time in whole milliseconds.</summary>
    internal static ValueFormat<TimeSpan> Milliseconds(long least, TimeSpan most)
    {
        ValueFormat<long> number = Integer(least, (long)most.TotalMilliseconds);
        return new()
        {
            Expected = number.Expected + " (milliseconds)",
            Read = (JsonElement json, out TimeSpan value) =>
            {
                bool valid = number.Read(json, out long milliseconds);
                value = TimeSpan.FromMilliseconds(valid ? milliseconds : 0);
                return valid;
            },
            Parse = (string text, out TimeSpan value) =>
            {
                bool valid = number.Parse(text, out long milliseconds);
                value = TimeSpan.FromMilliseconds(valid ? milliseconds : 0);
                return valid;
            },
        };
    }

    /// <summary>One of some words, in either case.</summary>
    internal static ValueFormat<T> Choice<T>(params (string Word, T Value)[] choices)
        where T : notnull => Of(
            "one of " + string.Join(", ", choices.Select(choice => choice.Word)),
            (string text, [MaybeNullWhen(false)] out T value) =>
            {
                int index = Array.FindIndex(choices, choice => choice.Word.Equals(text, StringComparison.OrdinalIgnoreCase));
                value = index < 0 ? default : choices[index].Value;
                return index >= 0;
            });

    /// <summary>Texts that are each of a kind.</summary>
    internal static ValueFormat<IReadOnlyList<string>> List(string each, Func<string, bool> isValid) => new()
    {
        Expected = $"an array of {each}, in the environment separated by commas",
        Read = (JsonElement json, [MaybeNullWhen(false)] out IReadOnlyList<string> value) =>
        {
            bool valid = json.ValueKind == JsonValueKind.Array
                && json.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && isValid(item.GetString()!));
            value = valid ? [.. json.EnumerateArray().Select(item => item.GetString()!)] : null;
            return valid;
        },
        Parse = (string text, [MaybeNullWhen(false)] out IReadOnlyList<string> value) =>
        {
            value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return value.All(isValid);
        },
    };

    private static ValueFormat<T> Of<T>(string expected, ValueFormat<T>.Reader<string> parse)
        where T : notnull => new()
        {
            Expected = expected,
            Read = (JsonElement json, [MaybeNullWhen(false)] out T value) =>
            {
                value = default;
                return json.ValueKind == JsonValueKind.String && parse(json.GetString()!, out value);
            },
            Parse = parse,
        };

    private static bool ReadMap(JsonElement json, [MaybeNullWhen(false)] out IReadOnlyDictionary<string, string> value)
    {
        value = null;
        if (json.ValueKind != JsonValueKind.Object || !json.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.String && member.Name.Length > 0))
        {
            return false;
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty member in json.EnumerateObject())
        {
            map[member.Name] = member.Value.GetString()!;
        }

        value = map;
        return true;
    }

    private static bool ParseMap(string text, [MaybeNullWhen(false)] out IReadOnlyDictionary<string, string> value)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        value = map;
        foreach (string pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                return false;
            }

            map[pair[..equals].Trim()] = pair[(equals + 1)..];
        }

        return true;
    }
}
