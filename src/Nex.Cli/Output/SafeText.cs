using System.Text;

namespace Nex.Cli.Output;

/// <summary>
/// Text of workloads and nodes, which nobody vouches for, made fit for a terminal: what could move the cursor, change colours or rewrite lines is
/// shown as what it is.
/// </summary>
internal static class SafeText
{
    internal static string Clean(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 ? text : Rewrite(text);

    private static string Rewrite(string text)
    {
        var clean = new StringBuilder(text.Length + 8);
        foreach (char character in text)
        {
            if (character != '\t' && (char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')))
            {
                clean.Append($"\\x{(int)character:x2}");
            }
            else
            {
                clean.Append(character);
            }
        }

        return clean.ToString();
    }
}
