using System.Text;
using CsCheck;
using Nex.Protocol.Output;

namespace Nex.Protocol.Tests.Output;

public sealed class LineSplitterTests
{
    private const int Max = LineSplitter.MaxLineBytes;

    /// <summary>Output as programs write it: short and long lines, of characters that take from one to four bytes, some of them not UTF-8.</summary>
    private static readonly Gen<byte[]> AnyOutput =
        Gen.Select(Gen.OneOf("a", "ä", "€", "\U0001F600", "ab€", "\n", "\n\n", "\r\n", "\0"), Gen.Frequency((9, Gen.Int[0, 40]), (1, Gen.Int[0, 40_000])))
            .Select((text, times) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, times))))
            .Array[0, 12]
            .Select(parts => parts.SelectMany(part => part).ToArray());

    private static readonly Gen<byte[]> AnyBytes = Gen.OneOf(AnyOutput, Gen.Byte.Array[0, 2000], Gen.Byte[0x80, 0xFF].Array[Max - 8, Max + 200]);

    private static readonly Gen<int[]> AnyChunks =
        Gen.OneOf(Gen.Int[1, 20].Array[1, 40], Gen.Int[1, 70_000].Array[1, 20], Gen.Const(new[] { 4096 }), Gen.Const(new[] { Max, 1 }));

    [Fact]
    public void Any_chunking_gives_the_same_lines() =>
        Gen.Select(AnyBytes, AnyChunks).Sample((input, chunks) => Split(input, [input.Length + 1]).SequenceEqual(Split(input, chunks)), iter: 300);

    [Fact]
    public void The_lines_together_are_the_input() =>
        Gen.Select(AnyBytes, AnyChunks).Sample(
            (input, chunks) =>
            {
                List<byte> together = [];
                foreach (Line line in Split(input, chunks))
                {
                    together.AddRange(line.Bytes);
                    if (!line.Continues)
                    {
                        together.Add((byte)'\n');
                    }
                }

                return together.SequenceEqual(input is [] or [.., (byte)'\n'] ? input : [.. input, (byte)'\n']);
            },
            iter: 300);

    [Fact]
    public void No_part_is_too_long_or_cuts_a_character() =>
        Gen.Select(AnyOutput, AnyChunks).Sample(
            (input, chunks) => Split(input, chunks).All(line =>
                line.Bytes.Length <= Max && (!line.Continues || line.Bytes.Length > Max - 4) && System.Text.Unicode.Utf8.IsValid(line.Bytes)),
            iter: 300);

    [Fact]
    public void The_longest_line_is_not_split()
    {
        byte[] longest = [.. Enumerable.Repeat((byte)'x', Max), (byte)'\n'];

        Line line = Assert.Single(Split(longest, [1000]));

        Assert.Equal(Max, line.Bytes.Length);
        Assert.False(line.Continues);
    }

    /// <summary>Of two, three and four bytes, each the first of its length, at every place where the longest line could cut it.</summary>
    [Theory]
    [InlineData("\u0080")]
    [InlineData("\u0800")]
    [InlineData("\ud800\udc00")]
    public void A_character_at_the_end_of_a_longest_line_is_not_cut_in_two(string character)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(character);
        for (int inside = 1; inside < bytes.Length; inside++)
        {
            byte[] longer = [.. Enumerable.Repeat((byte)'x', Max - inside), .. bytes, (byte)'\n'];

            Assert.Equal([Max - inside, bytes.Length], Split(longer, [1000]).Select(line => line.Bytes.Length));
        }
    }

    [Fact]
    public void A_longer_line_is_split_and_marked()
    {
        byte[] longer = [.. Enumerable.Repeat((byte)'x', (2 * Max) + 1), (byte)'\n', (byte)'y'];

        Assert.Equal([(Max, true), (Max, true), (1, false), (1, false)], Split(longer, [1000]).Select(line => (line.Bytes.Length, line.Continues)));
    }

    [Fact]
    public void Empty_lines_are_lines()
    {
        Assert.Equal(["", "", "a", ""], Texts("\n\na\n\n"));
        Assert.Empty(Texts(""));
    }

    [Fact]
    public void The_last_line_needs_no_newline()
    {
        Assert.Equal(["a", "b"], Texts("a\nb"));
        Assert.Equal(["a", "b"], Texts("a\nb\n"));
    }

    [Fact]
    public void A_carriage_return_is_a_part_of_its_line() => Assert.Equal(["a\r", "b\rc"], Texts("a\r\nb\rc\n"));

    [Fact]
    public void Memory_stays_bounded_without_a_newline()
    {
        long lines = 0;
        var splitter = new LineSplitter((_, _) => lines++);
        byte[] chunk = new byte[4096];
        splitter.Append(new byte[Max + 1]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int count = 0; count < 10_000; count++)
        {
            splitter.Append(chunk);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_000 * chunk.Length / Max, lines - 1);
    }

    private static IEnumerable<string> Texts(string input) =>
        Split(Encoding.UTF8.GetBytes(input), [2]).Select(line => Encoding.UTF8.GetString(line.Bytes));

    /// <summary>Splits the input, handed over in chunks of the given sizes, which are used again from the first on.</summary>
    private static List<Line> Split(byte[] input, int[] chunks)
    {
        var lines = new List<Line>();
        var splitter = new LineSplitter((line, continues) => lines.Add(new Line(line.ToArray(), continues)));
        int start = 0;
        for (int index = 0; start < input.Length; index++)
        {
            int length = Math.Min(chunks[index % chunks.Length], input.Length - start);
            splitter.Append(input.AsSpan(start, length));
            start += length;
        }

        splitter.Complete();
        return lines;
    }

    private sealed record Line(byte[] Bytes, bool Continues)
    {
        public bool Equals(Line? other) => other is not null && Continues == other.Continues && Bytes.AsSpan().SequenceEqual(other.Bytes);

        public override int GetHashCode() => Bytes.Length;
    }
}
