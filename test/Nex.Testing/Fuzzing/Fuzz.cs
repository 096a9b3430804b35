using System.Security.Cryptography;
using Nex.Testing.Waiting;

namespace Nex.Testing.Fuzzing;

/// <summary>
/// Feeds a parser with mutations of a corpus of inputs. Its contract is that it ends with a result or with an exception that it is known for,
/// soon, and with memory that is in proportion to the input.
/// </summary>
/// <remarks>
/// The mutations are the same in each run. An input that broke something is kept in <c>artifacts/fuzz</c>: once the fault is mended, it belongs
/// into <c>test/corpora</c>, of which each file is tried as it is as well.
/// </remarks>
internal static class Fuzz
{
    private const int Seed = 20;
    private const long FixedBytes = 256 * 1024;
    private const long BytesEach = 256;

    private static readonly string Root = FindRoot();

    /// <param name="corpus">The directory below <c>test/corpora</c>.</param>
    /// <param name="isContract">Whether the parser may end in that way.</param>
    internal static Task RunAsync(string corpus, int count, Action<byte[]> parse, Func<Exception, bool> isContract) =>
        Task.Run(() => Run(corpus, count, parse, isContract)).Within($"the parser of {corpus} ended for every input");

    /// <summary>The inputs of one run: the corpus itself, and then what has been made of it.</summary>
    internal static IEnumerable<byte[]> Inputs(string corpus, int count)
    {
        byte[][] seeds = [.. Directory.GetFiles(Path.Combine(Root, "test/corpora", corpus)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var mutator = new Mutator(new Random(Seed), seeds);
        return seeds.Concat(Enumerable.Range(0, count).Select(_ => mutator.Next()));
    }

    /// <summary>Keeps an input that broke something.</summary>
    internal static string Keep(string corpus, byte[] input)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Root, "artifacts/fuzz", corpus)).FullName;
        string path = Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(input))[..12]);
        File.WriteAllBytes(path, input);
        return path;
    }

    private static void Run(string corpus, int count, Action<byte[]> parse, Func<Exception, bool> isContract)
    {
        foreach (byte[] input in Inputs(corpus, count))
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                parse(input);
            }
            catch (Exception failure) when (isContract(failure))
            {
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"The parser of {corpus} ended with {failure.GetType().Name} for {Keep(corpus, input)}: {failure.Message}", failure);
            }

            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (taken > FixedBytes + (BytesEach * input.Length))
            {
                throw new InvalidOperationException($"The parser of {corpus} took {taken} bytes of memory for {Keep(corpus, input)} of {input.Length}.");
            }
        }
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException($"No directory above {AppContext.BaseDirectory} holds Nex.slnx.");
    }
}
