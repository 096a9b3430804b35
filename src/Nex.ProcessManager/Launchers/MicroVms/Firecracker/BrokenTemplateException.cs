namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>A clone could not be made to run: its template is of no use any more.</summary>
internal sealed class BrokenTemplateException(string message, Exception inner) : IOException(message, inner);
