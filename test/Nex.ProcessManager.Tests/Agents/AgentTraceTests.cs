using System.Diagnostics;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Telemetry;
using Nex.Protocol.Agents;

namespace Nex.ProcessManager.Tests.Agents;

public sealed class AgentTraceTests : IDisposable
{
    private static readonly TimeSpan Elapsed = TimeSpan.FromMilliseconds(10);

    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;
    private readonly Activity _deploy;

    public AgentTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ProcessManagerTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
        _deploy = ProcessManagerTelemetry.Source.StartActivity("test.deploy")!;
    }

    [Fact]
    public void What_the_agent_says_lies_in_the_middle_of_what_the_node_saw()
    {
        AgentTrace.Add(_deploy, new AgentStarted { Pid = 1, ArtifactNs = 2_000_000, StartNs = 4_000_000 }, Elapsed);

        Assert.Equal([(AgentTrace.Artifact, 2.0, 2.0), (AgentTrace.Start, 4.0, 4.0)], Seen());
    }

    [Theory]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(10_000_000, 10_000_000)]
    public void An_agent_cannot_have_taken_longer_than_its_answer(long artifactNs, long startNs)
    {
        AgentTrace.Add(_deploy, new AgentStarted { Pid = 1, ArtifactNs = artifactNs, StartNs = startNs }, Elapsed);

        Assert.Equal([(AgentTrace.Artifact, 0.0, 10.0), (AgentTrace.Start, 10.0, 0.0001)], Seen());
    }

    [Fact]
    public void Times_that_cannot_be_are_none()
    {
        AgentTrace.Add(_deploy, new AgentStarted { Pid = 1, ArtifactNs = long.MinValue, StartNs = -1 }, Elapsed);

        Assert.Equal([(AgentTrace.Artifact, 5.0, 0.0001), (AgentTrace.Start, 5.0, 0.0001)], Seen());
    }

    [Fact]
    public void An_agent_need_not_say()
    {
        AgentTrace.Add(_deploy, new AgentStarted { Pid = 1 }, Elapsed);

        Assert.Empty(Seen());
    }

    public void Dispose()
    {
        _deploy.Dispose();
        _listener.Dispose();
    }

    private void Keep(Activity activity)
    {
        lock (_ended)
        {
            _ended.Add(activity);
        }
    }

    private (string Name, double BeganMs, double TookMs)[] Seen()
    {
        lock (_ended)
        {
            return
            [
                .. _ended
                    .Where(activity => activity.ParentSpanId == _deploy.SpanId)
                    .Select(activity => (activity.OperationName, (activity.StartTimeUtc - _deploy.StartTimeUtc).TotalMilliseconds, activity.Duration.TotalMilliseconds)),
            ];
        }
    }
}
