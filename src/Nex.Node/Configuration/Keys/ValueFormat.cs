using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Nex.Node.Configuration.Keys;

/// <summary>What may stand at a key: in a file as JSON, in the environment and in a flag as text.</summary>
internal sealed class ValueFormat<T>
    where T : notnull
{
    internal delegate bool Reader<TSource>(TSource source, [MaybeNullWhen(false)] out T value);

    /// <summary>In words, behind "expected".</summary>
    internal required string Expected { get; init; }

    internal required Reader<JsonElement> Read { get; init; }

    internal required Reader<string> Parse { get; init; }

    /// <summary>What comes of a value and of one that stands above it; the one above by default.</summary>
    internal Func<T, T, T> Combine { get; init; } = (_, above) => above;
}
