using Spectre.Console;

namespace Nex.Cli.Output;

/// <summary>
/// Tables and bars for people. On a terminal they have lines, colours and its width; elsewhere they are plain columns, as wide as they need be.
/// </summary>
internal sealed class Screen
{
    // Enough that nothing is broken into lines where no terminal is.
    private const int Unlimited = 1_000_000;

    private const string Red = "\e[91m";
    private const string Plain = "\e[0m";

    private readonly TextWriter _writer;
    private readonly bool _isTerminal;
    private readonly bool _hasColours;

    private Screen(TextWriter writer, bool isTerminal)
    {
        _writer = writer;
        _isTerminal = isTerminal && Environment.GetEnvironmentVariable("TERM") != "dumb";
        _hasColours = _isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    }

    // Made for what is laid out only: most commands write lines.
    private IAnsiConsole Layout => field ??= CreateConsole();

    internal static Screen ForOutput(TextWriter writer) => new(writer, ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected);

    internal static Screen ForErrors(TextWriter writer) => new(writer, ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected);

    /// <summary>Whether there is no room for what is long, such as ids.</summary>
    internal bool IsNarrow => Layout.Profile.Width < 120;

    internal bool IsTerminal => _isTerminal;

    internal void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new Table().Border(_isTerminal ? TableBorder.Rounded : TableBorder.None);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = !_isTerminal });
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => new Text(SafeText.Clean(cell))));
        }

        Layout.Write(table);
    }

    /// <summary>A line, which is one however long it is; in red where it tells of something bad and there are colours.</summary>
    internal void Line(string text, bool isBad = false) =>
        _writer.WriteLine(isBad && _hasColours ? $"{Red}{SafeText.Clean(text)}{Plain}" : SafeText.Clean(text));

    /// <summary>Shows how far something is, where a terminal is to show it on.</summary>
    internal async Task<T> ProgressAsync<T>(string what, long total, Func<IProgress<long>?, Task<T>> work)
    {
        if (!_isTerminal || total <= 0)
        {
            return await work(null).ConfigureAwait(false);
        }

        return await Layout.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(SafeText.Clean(what)), maxValue: total);
                return await work(new Bar(bar)).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    private IAnsiConsole CreateConsole()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = _isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = _hasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = _isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(_writer),
        });
        if (!_isTerminal)
        {
            console.Profile.Width = Unlimited;
        }

        return console;
    }

    private sealed class Bar(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
