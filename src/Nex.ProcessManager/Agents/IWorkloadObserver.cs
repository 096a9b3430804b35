namespace Nex.ProcessManager.Agents;

/// <summary>
/// Is told what a workload does, in order, one call at a time, by the reader of its agent's link: a call that takes long holds up that
/// workload, so it must only store or hand on. What it throws is logged and harms nothing.
/// </summary>
public interface IWorkloadObserver
{
    /// <summary>The workload wrote a line.</summary>
    void OnOutput(OutputLine line);

    /// <summary>The workload has ended. Called exactly once for a workload that started; there is no more output after it.</summary>
    void OnExited(WorkloadExit exit);
}

/// <summary>Where a workload wrote a line.</summary>
public enum OutputStream
{
    /// <summary>Its standard output.</summary>
    StandardOutput,

    /// <summary>Its standard error.</summary>
    StandardError,
}

/// <summary>A line that a workload wrote.</summary>
/// <param name="Stream">Where it wrote it.</param>
/// <param name="Text">Without the newline. Bytes that are no UTF-8 have been replaced by U+FFFD.</param>
/// <param name="Continues">Whether the line is longer than 64 KiB and goes on in the next line of this stream.</param>
public readonly record struct OutputLine(OutputStream Stream, string Text, bool Continues = false);

/// <summary>How a workload ended.</summary>
/// <param name="Code">The exit code of its main process; null when a signal ended it, or its agent was lost.</param>
/// <param name="Signal">The signal that ended its main process, or null.</param>
/// <param name="AgentLost">Whether its agent ended first, so that nobody saw how the workload ended.</param>
public sealed record WorkloadExit(int? Code, int? Signal, bool AgentLost = false)
{
    /// <summary>Whether its main process returned 0.</summary>
    public bool IsSuccess => Code == 0;

    /// <summary>Such as <c>exit code 1</c> or <c>SIGKILL</c>.</summary>
    public override string ToString() =>
        AgentLost ? "its agent was lost" : Code is { } code ? $"exit code {code}" : Linux.Signals.Name(Signal ?? 0);
}
