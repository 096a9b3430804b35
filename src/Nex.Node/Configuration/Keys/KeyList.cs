using System.Globalization;
using System.Text.Json;

namespace Nex.Node.Configuration.Keys;

/// <summary>Makes keys, and keeps them in the order in which they were made.</summary>
internal sealed class KeyList
{
    private readonly List<ConfigurationKey> _keys = [];

    internal IReadOnlyList<ConfigurationKey> Keys => _keys;

    /// <summary>Whether the keys that are made say something of the machines of microVMs.</summary>
    internal bool OfMachines { get; init; }

    internal ConfigurationKey<long> Integer(string path, long byDefault, long least, long most, string description) =>
        Add(path, ValueFormats.Integer(least, most), byDefault, byDefault.ToString(CultureInfo.InvariantCulture), description);

    /// <summary>A number that need not be there.</summary>
    internal ConfigurationKey<long> Integer(string path, string byDefault, long least, long most, string description) =>
        Add(path, ValueFormats.Integer(least, most), default, byDefault, description);

    internal ConfigurationKey<bool> Flag(string path, bool byDefault, string description) =>
        Add(path, ValueFormats.Flag, byDefault, byDefault ? "true" : "false", description);

    internal ConfigurationKey<bool> Flag(string path, string byDefault, string description) => Add(path, ValueFormats.Flag, default, byDefault, description);

    internal ConfigurationKey<TimeSpan> Milliseconds(string path, TimeSpan byDefault, string description, long least = 1, TimeSpan? most = null) =>
        Add(path, ValueFormats.Milliseconds(least, most ?? TimeSpan.FromDays(1)), byDefault, byDefault.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), description);

    internal ConfigurationKey<string> Text(string path, string byDefault, string description) => Add(path, ValueFormats.Text, default, byDefault, description);

    internal ConfigurationKey<string> Text(string path, ValueFormat<string> format, string byDefault, string description) =>
        Add(path, format, default, byDefault, description);

    internal ConfigurationKey<string> Secret(string path, string description)
    {
        var key = new ConfigurationKey<string> { Path = path, Description = description, Default = "none", Format = ValueFormats.Text, IsSecret = true };
        _keys.Add(key);
        return key;
    }

    internal ConfigurationKey<string> FilePath(string path, string byDefault, string description) =>
        Add(path, ValueFormats.FilePath, default, byDefault, description);

    internal ConfigurationKey<string> Program(string path, string byDefault, string description) =>
        Add(path, ValueFormats.Program, byDefault, $"`{byDefault}`", description);

    internal ConfigurationKey<IReadOnlyList<string>> List(string path, string each, Func<string, bool> isValid, string byDefault, string description) =>
        Add(path, ValueFormats.List(each, isValid), [], byDefault, description);

    internal ConfigurationKey<IReadOnlyDictionary<string, string>> Map(string path, string description) =>
        Add(path, ValueFormats.Map, new Dictionary<string, string>(), "none", description);

    internal ConfigurationKey<T> Choice<T>(string path, T byDefault, string byDefaultText, string description, params (string Word, T Value)[] choices)
        where T : notnull => Add(path, ValueFormats.Choice(choices), byDefault, byDefaultText, description);

    internal ConfigurationKey<JsonElement> Object(string path, string description) => Add(path, ValueFormats.Object, default, "none", description);

    /// <summary>A key of the original system that has no effect here.</summary>
    internal void NotHonoured<T>(string path, ValueFormat<T> format, string reason)
        where T : notnull => _keys.Add(new ConfigurationKey<T>
        {
            Path = path,
            Description = $"Has no effect: {reason}.",
            Default = "none",
            Format = format,
            NotHonoured = reason,
        });

    private ConfigurationKey<T> Add<T>(string path, ValueFormat<T> format, T? value, string byDefault, string description)
        where T : notnull
    {
        var key = new ConfigurationKey<T>
        {
            Path = path,
            Description = description,
            Default = byDefault,
            DefaultValue = value,
            Format = format,
            IsOfMachines = OfMachines,
        };
        _keys.Add(key);
        return key;
    }
}
