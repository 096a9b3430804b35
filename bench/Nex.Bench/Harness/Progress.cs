using System.Diagnostics;
using Spectre.Console;

namespace Nex.Bench.Harness;

/// <summary>
/// Tells on standard error what is being measured: on a terminal with a count that runs, elsewhere a line for each benchmark.
/// </summary>
internal sealed class Progress
{
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private StatusContext? _status;

    /// <summary>Runs a benchmark, and tells of it.</summary>
    internal async Task<T> RunAsync<T>(string what, Func<Task<T>> run)
    {
        long begun = Stopwatch.GetTimestamp();
        T result;
        if (_console.Profile.Capabilities.Interactive && _console.Profile.Capabilities.Ansi)
        {
            result = await _console.Status().StartAsync(Markup.Escape(what), status =>
            {
                _status = status;
                return run();
            });
            _status = null;
        }
        else
        {
            result = await run();
        }

        _console.WriteLine(FormattableString.Invariant($"{what}: {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
        return result;
    }

    internal void Report(string what, int done, int of) => _status?.Status(Markup.Escape($"{what}: {done} of {of}"));
}
