using System.CommandLine.Parsing;

namespace Nex.Cli.Options;

/// <summary>What is written as <c>KEY=VALUE</c>.</summary>
internal static class Pairs
{
    /// <exception cref="UsageException">One is no pair, or a key comes twice.</exception>
    internal static Dictionary<string, string> Read(IEnumerable<string> texts, string what)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new UsageException($"'{text}' is no {what}: write it as KEY=VALUE. What is for the program itself comes after --.");
            }

            if (!pairs.TryAdd(text[..equals], text[(equals + 1)..]))
            {
                throw new UsageException($"The {what} {text[..equals]} is given twice: give it once.");
            }
        }

        return pairs;
    }

    /// <summary>Refuses values of an option that are no pairs.</summary>
    internal static void Require(OptionResult result)
    {
        foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
        {
            result.AddError($"{result.Option.Name} {token.Value}: write it as KEY=VALUE.");
        }
    }
}
