namespace Nex.Control.Events;

/// <summary>The types of events, which are also the last token of their subjects.</summary>
internal static class EventTypes
{
    internal const string NodeStarted = "node_started";
    internal const string NodeStopped = "node_stopped";
    internal const string NodeEnteredLameDuck = "node_entered_lameduck";
    internal const string Heartbeat = "heartbeat";
    internal const string WorkloadStarted = "workload_started";
    internal const string WorkloadStopped = "workload_stopped";
    internal const string FunctionSucceeded = "function_exec_succeeded";
    internal const string FunctionFailed = "function_exec_failed";
}
