namespace Nex.Linux.Processes;

/// <summary>How a process ended: with an exit code, or by a signal. Exactly one of the two is set, but for <see cref="Lost"/>.</summary>
internal readonly record struct ProcessExit(int? Code, int? Signal)
{
    private const int ExitedCode = 1;

    /// <summary>
    /// It has ended, and how is not known: somebody else has reaped it, or the kernel, because whoever started this program had it ignore SIGCHLD.
    /// </summary>
    internal static ProcessExit Lost => default;

    /// <summary>Reads <c>si_code</c> and <c>si_status</c> as <c>waitid</c> gives them.</summary>
    internal static ProcessExit From(int code, int status) =>
        code == ExitedCode ? new ProcessExit(status, null) : new ProcessExit(null, status);

    public override string ToString() => this switch
    {
        { Code: { } code } => $"exit code {code}",
        { Signal: { } signal } => Signals.Name(signal),
        _ => "an unknown exit code",
    };
}
