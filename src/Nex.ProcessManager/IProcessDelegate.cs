namespace Nex.ProcessManager;

/// <summary>
/// Is told of the agents of a process manager. Calls for one id come in order and never two at once; calls for different ids may
/// come at the same time. No lock is held during a call, so it may call the manager. What it throws is logged and harms nothing.
/// </summary>
/// <remarks>
/// The agent lives on during a call, and may end. A call must not wait for the end of its agent or of the manager
/// (<see cref="IProcessManager.StopProcessAsync"/>, <see cref="IProcessManager.StopAsync"/>, <see cref="IProcessManager.EnterLameDuckAsync"/>),
/// which comes when everybody who is told of it has returned; it may begin them.
/// </remarks>
public interface IProcessDelegate
{
    /// <summary>An agent is warm: its handshake is done, and a workload can be prepared on it.</summary>
    void OnProcessStarted(string id);

    /// <summary>An agent that had been warm has ended, and nothing of it is left.</summary>
    void OnProcessExited(string id, AgentExit exit)
    {
    }
}
