namespace Nex.Protocol.Identifiers;

/// <summary>
/// Makes the ids of agents and workloads: opaque, unique, and in the order of the millisecond in which they were made. An id is 26
/// characters of <c>0-9a-z</c>, so it is valid in a file name, as a token of a NATS subject and as the id of a microVM.
/// </summary>
public static class SortableId
{
    /// <summary>The length of every id, in characters.</summary>
    public const int Length = 26;

    // Crockford's base 32 in lower case: no letter that is taken for a digit, and its characters sort as their values do.
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>Makes an id of this moment. Safe from any thread.</summary>
    public static string Create(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(time.GetUtcNow()).TryWriteBytes(bytes, bigEndian: true, out _);
        var value = new UInt128(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return string.Create(Length, value, static (characters, rest) =>
        {
            for (int index = characters.Length - 1; index >= 0; index--)
            {
                characters[index] = Alphabet[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }

    /// <summary>Whether a text has the form of an id made here.</summary>
    public static bool IsValid(string? text) => text is { Length: Length } && text.All(Alphabet.Contains);
}
