using System.Diagnostics;
using Nex.ProcessManager.Telemetry;
using Nex.Protocol.Agents;

namespace Nex.ProcessManager.Agents;

/// <summary>
/// What an agent did for a deploy, as children of the node's activity. A native agent exports nothing itself: it says how long each step took,
/// by its own clock, and when that was follows from when it was asked and when it answered.
/// </summary>
internal static class AgentTrace
{
    internal const string Artifact = "agent.artifact";
    internal const string Start = "agent.workload.start";

    /// <param name="deploy">Began with the deploy message; null where nobody listens.</param>
    /// <param name="elapsed">From there until the answer.</param>
    internal static void Add(Activity? deploy, AgentStarted answer, TimeSpan elapsed)
    {
        if (deploy is not { IsAllDataRequested: true } || answer is not { ArtifactNs: { } artifactNs, StartNs: { } startNs })
        {
            return;
        }

        // What an agent says is not trusted: it cannot have taken longer than its answer.
        TimeSpan artifact = Within(artifactNs, elapsed);
        TimeSpan start = Within(startNs, elapsed - artifact);
        // The way there and the way back take equally long, for all that is known.
        DateTime began = deploy.StartTimeUtc + ((elapsed - artifact - start) / 2);
        AddChild(deploy, Artifact, began, artifact);
        AddChild(deploy, Start, began + artifact, start);
    }

    private static void AddChild(Activity parent, string name, DateTime began, TimeSpan duration)
    {
        using Activity? child = ProcessManagerTelemetry.Source.StartActivity(ActivityKind.Internal, parent.Context, name: name, startTime: began);
        // One of no length would end now.
        child?.SetEndTime(began + (duration > TimeSpan.Zero ? duration : TimeSpan.FromTicks(1)));
    }

    private static TimeSpan Within(long nanoseconds, TimeSpan longest)
    {
        long ticks = Math.Clamp(nanoseconds / TimeSpan.NanosecondsPerTick, 0, Math.Max(0, longest.Ticks));
        return TimeSpan.FromTicks(ticks);
    }
}
