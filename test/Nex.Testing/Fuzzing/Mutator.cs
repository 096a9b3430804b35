using System.Buffers.Binary;
using System.Text;

namespace Nex.Testing.Fuzzing;

/// <summary>Makes odd inputs of ordinary ones: by bits, by bytes, by what parsers of numbers, text and JSON stumble over, and by mixing two.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private const int MaxBytes = 64 * 1024;
    private const int MaxSteps = 6;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "null", "true", "-1", "0", "1e999", "1.5", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "\"\"", "\"\\ud800\"",
            "\"\\u0000\"", "{}", "[]", "[[[[[[[[", "{\"a\":", "]]]]", "}", ",", ":", "\"", "\\", "\n", "\r\n", "\0", "..", "/", "=", " ", "\u2028", "\ufeff",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0x80, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF],
    ];

    internal byte[] Next()
    {
        byte[] input = seeds[random.Next(seeds.Count)];
        for (int step = random.Next(1, MaxSteps); step > 0; step--)
        {
            input = Change(input);
        }

        return input.Length <= MaxBytes ? input : input[..MaxBytes];
    }

    private byte[] Change(byte[] input) => random.Next(9) switch
    {
        0 => Flip(input),
        1 => Number(input),
        2 => Cut(input),
        3 => input[..random.Next(input.Length + 1)],
        4 => Insert(input, Words[random.Next(Words.Length)]),
        5 => Replace(input, Words[random.Next(Words.Length)]),
        6 => Insert(input, Slice(input)),
        7 => Insert(input, Enumerable.Repeat(Words[random.Next(Words.Length)], random.Next(1, 200)).SelectMany(word => word).ToArray()),
        _ => Mix(input, seeds[random.Next(seeds.Count)]),
    };

    private byte[] Flip(byte[] input)
    {
        byte[] changed = [.. input];
        if (changed.Length > 0)
        {
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
        }

        return changed;
    }

    /// <summary>Writes a number of one to eight bytes over some place.</summary>
    private byte[] Number(byte[] input)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, random.Next(4) switch { 0 => 0, 1 => -1, 2 => random.Next(300), _ => random.NextInt64() });
        byte[] changed = [.. input];
        int start = random.Next(changed.Length + 1);
        number[..Math.Min(1 << random.Next(4), changed.Length - start)].CopyTo(changed.AsSpan(start));
        return changed;
    }

    private byte[] Cut(byte[] input)
    {
        int start = random.Next(input.Length + 1), end = random.Next(start, input.Length + 1);
        return [.. input[..start], .. input[end..]];
    }

    private byte[] Slice(byte[] input)
    {
        int start = random.Next(input.Length + 1);
        return input[start..random.Next(start, input.Length + 1)];
    }

    private byte[] Insert(byte[] input, byte[] what)
    {
        int place = random.Next(input.Length + 1);
        return [.. input[..place], .. what, .. input[place..]];
    }

    private byte[] Replace(byte[] input, byte[] what)
    {
        int start = random.Next(input.Length + 1);
        return [.. input[..start], .. what, .. input[Math.Min(input.Length, start + random.Next(16))..]];
    }

    private byte[] Mix(byte[] input, byte[] other) => [.. input[..random.Next(input.Length + 1)], .. other[random.Next(other.Length + 1)..]];
}
