namespace Nex.Demo.Display;

/// <summary>Single lines, for files, pipes and simple terminals.</summary>
internal sealed class PlainDisplay(TextWriter output) : IDisplay
{
    public void Heading(string text) => output.WriteLine(text);

    public void Line(string text) => output.WriteLine($"  {text}");

    public void Check(bool holds, string claim) => output.WriteLine($"  {(holds ? "ok" : "FAILED")}: {claim}");

    public void Figures(IReadOnlyList<(string Name, string Value)> figures)
    {
        int width = figures.Select(figure => figure.Name.Length).DefaultIfEmpty().Max();
        foreach ((string name, string value) in figures)
        {
            output.WriteLine($"  {name.PadRight(width)}  {value}");
        }
    }

    /// <summary>What changes is told by the acts, line by line.</summary>
    public Task WatchAsync(Board board, CancellationToken cancellationToken) => Task.CompletedTask;
}
