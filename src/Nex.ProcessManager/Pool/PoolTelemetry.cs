using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Telemetry;

namespace Nex.ProcessManager.Pool;

/// <summary>What one pool reports, tagged with its sandbox.</summary>
internal sealed class PoolTelemetry(string sandbox, TimeProvider time)
{
    private static readonly string[] StateNames = ["starting", "warm", "prepared", "stopping", "exited"];

    internal void Entered(AgentState state) => Count(state, 1);

    internal void Left(AgentState state) => Count(state, -1);

    internal void Warmed(long since)
    {
        ProcessManagerTelemetry.Starts.Add(1, Sandbox);
        ProcessManagerTelemetry.StartDuration.Record(time.GetElapsedTime(since).TotalSeconds, Sandbox);
    }

    internal void StartFailed(AgentStartFailure failure) =>
        ProcessManagerTelemetry.StartFailures.Add(1, Sandbox, new("error.type", failure.ToString()));

    internal void Exited(AgentExitCause cause) => ProcessManagerTelemetry.Exits.Add(1, Sandbox, new("nex.exit.cause", cause.ToString()));

    internal void Waiting(int change) => ProcessManagerTelemetry.Waiting.Add(change, Sandbox);

    internal void Waited(long since) => ProcessManagerTelemetry.WaitDuration.Record(time.GetElapsedTime(since).TotalSeconds, Sandbox);

    internal void Prepared(long since) => ProcessManagerTelemetry.PrepareDuration.Record(time.GetElapsedTime(since).TotalSeconds, Sandbox);

    private KeyValuePair<string, object?> Sandbox { get; } = ProcessManagerTelemetry.Sandbox(sandbox);

    private void Count(AgentState state, int change) =>
        ProcessManagerTelemetry.Agents.Add(change, Sandbox, new("nex.agent.state", StateNames[(int)state]));
}
