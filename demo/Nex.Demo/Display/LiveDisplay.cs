using Nex.ProcessManager.Pool;
using Nex.Workloads;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nex.Demo.Display;

/// <summary>Lines that scroll by above a table of the pool and the workloads, which is drawn anew as they change.</summary>
internal sealed class LiveDisplay(IAnsiConsole console) : IDisplay
{
    /// <summary>
    /// Of the other columns and all borders, with room for the ^C that a terminal echoes, which would move a table as wide as the
    /// console.
    /// </summary>
    private const int WidthWithoutLastLine = 55;

    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(50);

    /// <summary>The console has a lock, and the live table another: a line and a frame at the same time would deadlock.</summary>
    private readonly Lock _lock = new();

    public void Heading(string text) => Write(new Markup($"[bold]{Markup.Escape(text)}[/]"));

    public void Line(string text) => Write(new Text($"  {text}"));

    public void Check(bool holds, string claim)
    {
        string mark = holds ? "[green]ok[/]" : "[red]FAILED[/]";
        Write(new Markup($"  {mark}: {Markup.Escape(claim)}"));
    }

    public void Figures(IReadOnlyList<(string Name, string Value)> figures)
    {
        Table table = NewTable(("measured", null), ("", null));
        foreach ((string name, string value) in figures)
        {
            table.AddRow(new Text(name), new Text(value));
        }

        Write(table);
    }

    public Task WatchAsync(Board board, CancellationToken cancellationToken) => console.Live(Draw(board)).StartAsync(async live =>
    {
        using var frames = new PeriodicTimer(FrameTime);
        // Ends by itself, so that the last frame shows how it ended.
        while (await NextAsync(frames, cancellationToken))
        {
            Show(live, board);
        }

        Show(live, board);
    });

    private static async Task<bool> NextAsync(PeriodicTimer frames, CancellationToken cancellationToken)
    {
        try
        {
            return await frames.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Show(LiveDisplayContext live, Board board)
    {
        lock (_lock)
        {
            live.UpdateTarget(Draw(board));
        }
    }

    private void Write(IRenderable text)
    {
        lock (_lock)
        {
            // As wide as the console, so that it covers the line of the table that was there.
            console.Write(new Align(text, HorizontalAlignment.Left));
        }
    }

    private Rows Draw(Board board) => new(DrawPool(board.Pool), DrawWorkloads(board.Rows));

    private static Text DrawPool(PoolStatus pool)
    {
        string agents = $"{pool.Warm} of {pool.Size} warm, {pool.Starting} starting, " +
            $"{pool.Prepared} in use, {pool.Stopping} stopping";
        string reason = pool.Reason is null ? "" : $"; {pool.Reason}";
        return new Text($"Pool: {pool.State}, {agents}{reason}", new Style(Color.Aqua));
    }

    private Table DrawWorkloads(IReadOnlyList<BoardRow> rows)
    {
        int rest = Math.Max(10, console.Profile.Width - WidthWithoutLastLine);
        Table table = NewTable(("workload", 8), ("state", 10), ("agent", 9), ("restarts", 8), ("last line", rest));
        foreach (BoardRow row in rows)
        {
            table.AddRow(
                new Text(row.Name),
                new Text(row.State.ToString(), new Style(ColorOf(row.State))),
                new Text(row.Agent),
                new Text($"{row.Restarts}"),
                new Text(row.LastLine) { Overflow = Overflow.Ellipsis });
        }

        return table;
    }

    private static Table NewTable(params IEnumerable<(string Title, int? Width)> columns)
    {
        Table table = new Table().RoundedBorder();
        foreach ((string title, int? width) in columns)
        {
            table.AddColumn(new TableColumn(title) { Width = width, NoWrap = true });
        }

        return table;
    }

    private static Color ColorOf(WorkloadState state) => state switch
    {
        WorkloadState.Running => Color.Green,
        WorkloadState.Ended => Color.Grey,
        _ => Color.Yellow,
    };
}
