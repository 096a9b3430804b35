using Nex.Demo.Display;

namespace Nex.Demo;

/// <summary>Shows what held and what did not, and remembers the latter.</summary>
internal sealed class Checks(IDisplay display)
{
    private readonly List<string> _failures = [];

    internal int Count { get; private set; }

    internal IReadOnlyList<string> Failures => _failures;

    internal void That(bool holds, string claim)
    {
        Count++;
        if (!holds)
        {
            _failures.Add(claim);
        }

        display.Check(holds, claim);
    }
}
