using System.Text.Json;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>Collects what was written, from the lowest place to the highest, with all faults and warnings.</summary>
internal sealed class ConfigurationValues
{
    private const int ShownCharacters = 80;

    private readonly Dictionary<ConfigurationKey, ConfiguredValue> _values = [];
    private readonly List<ConfigurationFault> _faults = [];
    private readonly List<string> _warnings = [];

    internal IReadOnlyDictionary<ConfigurationKey, ConfiguredValue> Values => _values;

    internal IReadOnlyList<ConfigurationFault> Faults => _faults;

    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>How high the place is that values are taken from now; what is written in a higher place wins.</summary>
    internal int Level { get; set; }

    internal void AddFault(string source, string path, string message) => _faults.Add(new ConfigurationFault(source, path, message));

    /// <summary>A fault in the value of a key, wherever that was written.</summary>
    internal void AddFault(ConfigurationKey key, string message) =>
        AddFault(_values.TryGetValue(key, out ConfiguredValue? value) ? value.Source : "default", key.Path, message);

    internal void AddWarning(string warning) => _warnings.Add(warning);

    internal void Set(ConfigurationKey key, JsonElement json, string source)
    {
        if (key.TryRead(json, out object? value))
        {
            Set(key, value, source);
        }
        else
        {
            AddFault(source, key.Path, $"expected {key.Expected}, and it is {(key.IsSecret ? "something else" : Show(json))}.");
        }
    }

    internal void Set(ConfigurationKey key, string text, string source)
    {
        if (key.TryParse(text, out object? value))
        {
            Set(key, value, source);
        }
        else
        {
            AddFault(source, key.Path, $"expected {key.Expected}, and it is {(key.IsSecret ? "something else" : $"'{Clip(text)}'")}.");
        }
    }

    internal static string Show(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array when json.GetArrayLength() == 0 => "an empty array",
        _ => Clip(json.GetRawText().ReplaceLineEndings(" ")),
    };

    /// <summary>What was written may be long, and is shown in a terminal.</summary>
    internal static string Clip(string text)
    {
        string clean = string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
        return clean.Length <= ShownCharacters ? clean : clean[..ShownCharacters] + "…";
    }

    private void Set(ConfigurationKey key, object value, string source)
    {
        if (key.NotHonoured is { } reason)
        {
            AddWarning($"{source}: the key {key.Path} has no effect: {reason}.");
        }

        _values[key] = new ConfiguredValue(_values.TryGetValue(key, out ConfiguredValue? below) ? key.Combine(below.Value, value) : value, source, Level);
    }
}

/// <summary>A value, and where it was written: the highest place where it is.</summary>
internal sealed record ConfiguredValue(object Value, string Source, int Level);
