namespace Nex.Control.Events;

/// <summary>A node is up.</summary>
/// <param name="Version">The version of its program.</param>
/// <param name="Id">Its id.</param>
public sealed record NodeStarted(string Version, string Id);

/// <summary>A node has ended.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Graceful">Whether its workloads were asked first.</param>
public sealed record NodeStopped(string Id, bool Graceful);

/// <summary>A node takes no new workloads.</summary>
/// <param name="Version">The version of its program.</param>
/// <param name="Id">Its id.</param>
public sealed record NodeEnteredLameDuck(string Version, string Id);

/// <summary>A node is still there.</summary>
/// <param name="Version">The version of its program.</param>
/// <param name="NodeId">Its id.</param>
/// <param name="Uptime">How long it is up, as <see cref="Formats.Uptime"/> writes it.</param>
/// <param name="RunningMachines">How many workloads run on it.</param>
/// <param name="Tags">What it says of itself.</param>
public sealed record Heartbeat(string Version, string NodeId, string Uptime, int RunningMachines, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>The program of a workload runs.</summary>
/// <param name="WorkloadName">Its name.</param>
/// <param name="Code">0.</param>
/// <param name="TotalBytes">The size of its artifact.</param>
public sealed record WorkloadStarted(string WorkloadName, int Code, long TotalBytes = 0);

/// <summary>A workload is over.</summary>
/// <param name="WorkloadName">Its name.</param>
/// <param name="Code">Its exit code; 128 and the signal where one ended it.</param>
/// <param name="Message">How it ended, for people.</param>
public sealed record WorkloadStopped(string WorkloadName, int Code, string Message);

/// <summary>A function has run.</summary>
/// <param name="WorkloadName">Its name.</param>
/// <param name="TriggerSubject">The subject of the message that called it.</param>
/// <param name="ElapsedNanos">How long it ran, in nanoseconds.</param>
/// <param name="Namespace">Whose it is.</param>
public sealed record FunctionSucceeded(string WorkloadName, string TriggerSubject, long ElapsedNanos, string Namespace);

/// <summary>A function has failed.</summary>
/// <param name="WorkloadName">Its name.</param>
/// <param name="TriggerSubject">The subject of the message that called it.</param>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Error">Why.</param>
public sealed record FunctionFailed(string WorkloadName, string TriggerSubject, string Namespace, string Error);
