namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>A seam for tests: told of each step that a machine has done on its way up.</summary>
/// <param name="machine">The id of its agent, or <c>template</c>.</param>
/// <param name="processId">Of its hypervisor.</param>
/// <param name="step">That it was started, <see cref="MachineSteps.Launched"/>, or what the hypervisor was told and has answered.</param>
internal delegate void MachineStep(string machine, int processId, string step);

internal static class MachineSteps
{
    internal const string Launched = "launched";
}
