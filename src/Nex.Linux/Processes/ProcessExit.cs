namespace Nex.Linux.Processes;

/// <summary>How a process ended: with an exit code, or by a signal. Exactly one of the two is set.</summary>
internal readonly record struct ProcessExit(int? Code, int? Signal)
{
    private const int ExitedCode = 1;

    /// <summary>Reads <c>si_code</c> and <c>si_status</c> as <c>waitid</c> gives them.</summary>
    internal static ProcessExit From(int code, int status) =>
        code == ExitedCode ? new ProcessExit(status, null) : new ProcessExit(null, status);

    public override string ToString() => Code is { } code ? $"exit code {code}" : Signals.Name(Signal ?? 0);
}
