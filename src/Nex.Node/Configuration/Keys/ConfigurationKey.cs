using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Nex.Node.Configuration.Keys;

/// <summary>A key of the configuration: what it is called, what may stand there, and what it means. Documentation is made from it.</summary>
internal abstract class ConfigurationKey
{
    internal const string EnvironmentPrefix = "NEX_";

    /// <summary>Its names in a file, from the outermost object on, separated by dots.</summary>
    internal required string Path { get; init; }

    /// <summary>One or two sentences.</summary>
    internal required string Description { get; init; }

    /// <summary>What holds where nothing is written, in words.</summary>
    internal required string Default { get; init; }

    /// <summary>Why it is read and has no effect; null where it has.</summary>
    internal string? NotHonoured { get; init; }

    /// <summary>Whether its value must not be shown.</summary>
    internal bool IsSecret { get; init; }

    /// <summary>Whether it says something of the machines of microVMs.</summary>
    internal bool IsOfMachines { get; init; }

    internal string EnvironmentVariable => EnvironmentPrefix + Path.ToUpperInvariant().Replace(".", "__", StringComparison.Ordinal);

    /// <summary>What may stand there, in words.</summary>
    internal abstract string Expected { get; }

    internal abstract bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value);

    internal abstract bool TryParse(string text, [NotNullWhen(true)] out object? value);

    internal abstract object Combine(object below, object above);
}

/// <summary>A key with values of one type.</summary>
internal sealed class ConfigurationKey<T> : ConfigurationKey
    where T : notnull
{
    internal required ValueFormat<T> Format { get; init; }

    /// <summary>Where <see cref="ConfigurationKey.Default"/> is a value, that value.</summary>
    internal T? DefaultValue { get; init; }

    internal override string Expected => Format.Expected;

    internal override bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        bool valid = Format.Read(json, out T? read);
        value = read;
        return valid;
    }

    internal override bool TryParse(string text, [NotNullWhen(true)] out object? value)
    {
        bool valid = Format.Parse(text, out T? parsed);
        value = parsed;
        return valid;
    }

    internal override object Combine(object below, object above) => Format.Combine((T)below, (T)above);
}
