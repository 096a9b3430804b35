using System.Globalization;
using System.Text;

namespace Nex.Chaos.World;

/// <summary>What a run was and what came of it, for people to read and to keep.</summary>
internal static class Summary
{
    /// <summary>Puts it beside the log of the run.</summary>
    /// <returns>It.</returns>
    internal static async Task<string> WriteAsync(ChaosOptions options, Tally tally)
    {
        string text = Text(options, tally);
        await File.WriteAllTextAsync(options.OutputPath("txt"), text);
        return text;
    }

    private static string Text(ChaosOptions options, Tally tally)
    {
        var text = new StringBuilder();
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"sandbox {options.SandboxName}, {options.Length.TotalMinutes:0.#} min, seed {options.Seed}: {tally.Rounds} rounds, {tally.Rounds / 2} of them strict; {tally.Line}");
        foreach (Section section in Enum.GetValues<Section>().Where(section => tally.Sum(section) > 0))
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"  {section.ToString().ToLowerInvariant()}");
            foreach ((string what, long count) in tally.In(section))
            {
                _ = text.AppendLine(CultureInfo.InvariantCulture, $"  {count,9:#,0}  {what}");
            }
        }

        foreach ((string fault, string reason) in tally.LeftOut)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"  not done here: {fault}: {reason}");
        }

        foreach (string violation in tally.Violations)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"  NOT TRUE: {violation}");
        }

        return text.Append(tally.Violations.Count == 0 ? "  every invariant held" : $"  {tally.Violations.Count} times an invariant did not hold").ToString();
    }
}
