using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>A machine ended before it had come to run.</summary>
internal sealed class MachineEndedException(string message, ProcessExit exit, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Nothing but this program sends that signal to itself, so that it says nothing of the machine.</summary>
    internal AgentStartFailure Failure => exit.Signal == Signals.Kill ? AgentStartFailure.Killed : AgentStartFailure.Exited;
}
