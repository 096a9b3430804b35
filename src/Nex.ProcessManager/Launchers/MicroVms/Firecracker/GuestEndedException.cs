namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>A machine ended before its agent had connected.</summary>
internal sealed class GuestEndedException(string message) : IOException(message);
