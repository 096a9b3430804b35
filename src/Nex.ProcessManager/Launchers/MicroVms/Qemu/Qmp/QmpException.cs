namespace Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;

/// <summary>What went wrong between this program and a QEMU.</summary>
internal enum QmpFailure
{
    /// <summary>QEMU refused a command.</summary>
    Refused,

    /// <summary>It did not answer in time.</summary>
    Timeout,

    /// <summary>It has closed the monitor, usually by ending.</summary>
    Closed,

    /// <summary>What it said is no QMP.</summary>
    Malformed,
}

internal sealed class QmpException(QmpFailure failure, string message, Exception? inner = null) : IOException(message, inner)
{
    internal QmpFailure Failure { get; } = failure;
}
