using Spectre.Console;

namespace Nex.Demo.Display;

internal static class DisplayChoice
{
    /// <summary>A live display where standard output is a terminal that can show it, unless plain lines are wanted.</summary>
    internal static IDisplay Make(bool plain)
    {
        if (!plain && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi)
        {
            return new LiveDisplay(AnsiConsole.Console);
        }

        // Otherwise the runtime itself sends a terminal the codes that switch its keypad.
        Environment.SetEnvironmentVariable("TERM", "dumb");
        return new PlainDisplay(Console.Out);
    }
}
