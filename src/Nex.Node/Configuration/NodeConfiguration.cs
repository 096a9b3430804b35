using System.Diagnostics.CodeAnalysis;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>
/// What the user wrote about a node, in a file, in the environment and in flags, checked as a whole. Immutable. docs/configuration.md has
/// every key.
/// </summary>
public sealed class NodeConfiguration
{
    private readonly IReadOnlyDictionary<ConfigurationKey, ConfiguredValue> _values;

    internal NodeConfiguration(ConfigurationValues values)
    {
        _values = values.Values;
    }

    /// <summary>What was written and has no effect, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; internal set; } = [];

    /// <summary>What it comes to. Set by the loader, which checks it.</summary>
    internal NodeSettings Settings { get; set; } = null!;

    /// <returns>How high the place is where it was written; -1 where it was not.</returns>
    internal int LevelOf(ConfigurationKey key) => _values.TryGetValue(key, out ConfiguredValue? written) ? written.Level : -1;

    internal bool IsSet(ConfigurationKey key) => _values.ContainsKey(key);

    /// <returns>What was written, or the default.</returns>
    internal T Get<T>(ConfigurationKey<T> key)
        where T : notnull => TryGet(key, out T? value) ? value : key.DefaultValue!;

    /// <returns>Whether it was written.</returns>
    internal bool TryGet<T>(ConfigurationKey<T> key, [MaybeNullWhen(false)] out T value)
        where T : notnull
    {
        bool found = _values.TryGetValue(key, out ConfiguredValue? written);
        value = found ? (T)written!.Value : default;
        return found;
    }

    /// <returns>What was written, or null.</returns>
    internal string? Find(ConfigurationKey<string> key) => TryGet(key, out string? value) ? value : null;

    /// <returns>What was written, or null.</returns>
    internal long? Find(ConfigurationKey<long> key) => TryGet(key, out long value) ? value : null;
}
