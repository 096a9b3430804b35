using Nex.Agent.Tests.Support;
using Nex.Agent.Workloads;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Files;

namespace Nex.Agent.Tests.Workloads;

public sealed class ArtifactDownloadTests
{
    private static readonly byte[] Program = File.ReadAllBytes(TestPrograms.Path("exit"));
    private static readonly byte[] Small = new byte[1000];

    [Fact]
    public void An_artifact_that_did_not_come_along_is_read_over_the_link()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = read => Part(Program, read);

        agent.Deploy(Workload.ToRead(Program, "5"), null);

        Assert.Equal(new AgentExited { Code = 5 }, agent.WaitForExited());
    }

    [Fact]
    public void A_large_artifact_is_read_in_parts_in_order()
    {
        byte[] large = [.. Program, .. new byte[(3 * LinkLimits.ArtifactChunk) + 17]];
        var reads = new List<AgentArtifactRead>();
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = read =>
        {
            reads.Add(read);
            return Part(large, read);
        };

        agent.Deploy(Workload.ToRead(large, "5"), null);

        Assert.Equal(new AgentExited { Code = 5 }, agent.WaitForExited());
        Assert.Equal(large.Length, reads.Sum(read => read.Count));
        Assert.Equal(Enumerable.Range(0, reads.Count).Select(index => (long)index * LinkLimits.ArtifactChunk), reads.Select(read => read.Offset));
    }

    /// <summary>It is seen by a part that the agent refuses: by then it has asked for those that follow.</summary>
    [Fact]
    public void The_parts_that_follow_are_asked_for_before_one_is_taken()
    {
        byte[] large = new byte[2 * ArtifactDownload.MaxReads * LinkLimits.ArtifactChunk];
        var asked = new List<long>();
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = read =>
        {
            asked.Add(read.Offset);
            return [];
        };

        _ = Assert.Throws<JsonRpcException>(() => agent.Deploy(Workload.ToRead(large), null));
        agent.Ping();

        // One more when the first has come.
        Assert.Equal(Enumerable.Range(0, ArtifactDownload.MaxReads + 1).Select(index => (long)index * LinkLimits.ArtifactChunk), asked);
    }

    [Fact]
    public void A_part_that_is_too_short_is_refused() =>
        AssertUnavailable(Workload.ToRead(Small), read => Part(Small, read)[1..], "The node sent 999 bytes of the artifact at 0, not 1000.");

    [Fact]
    public void A_part_that_is_too_long_is_refused() =>
        AssertUnavailable(Workload.ToRead(Small), read => [.. Part(Small, read), 0], "The node sent 1001 bytes of the artifact at 0, not 1000.");

    [Fact]
    public void A_node_that_refuses_a_part_is_quoted() =>
        AssertUnavailable(Workload.ToRead(Program), _ => null, "The node does not give the artifact: There is none.");

    [Fact]
    public void While_it_downloads_it_answers_and_takes_no_second_deploy()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = read =>
        {
            if (read.Offset + read.Count == Program.Length)
            {
                agent.Ping();
                DeployTests.AssertRefused(agent, Workload.Of("exit"), AgentErrors.AlreadyDeployed, "This agent has");
            }

            return Part(Program, read);
        };

        agent.Deploy(Workload.ToRead(Program, "5"), null);

        Assert.Equal(new AgentExited { Code = 5 }, agent.WaitForExited());
    }

    [Fact]
    public void An_undeploy_meanwhile_ends_the_download_and_its_late_part_is_ignored()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = read =>
        {
            Assert.False(agent.Undeploy(TimeSpan.FromSeconds(10)));
            return Part(Program, read);
        };

        JsonRpcException failure = Assert.Throws<JsonRpcException>(() => agent.Deploy(Workload.ToRead(Program), null));

        Assert.Equal((AgentErrors.StartFailed, "The workload was undeployed before it started."), (failure.Code, failure.Message));
        agent.Ping();
        DeployTests.AssertRefused(agent, Workload.Of("exit"), AgentErrors.AlreadyDeployed, "This agent has");
    }

    [Fact]
    public void A_link_that_closes_meanwhile_ends_the_agent()
    {
        using AgentDriver agent = AgentDriver.Start();
        bool asked = false;
        agent.OnRead = read =>
        {
            asked = true;
            return [];
        };
        _ = agent.SendDeploy(Workload.ToRead(Program), null);
        agent.CloseLink();

        Assert.Equal(0, agent.WaitForEnd().Code);
        Assert.False(asked);
    }

    private static byte[] Part(byte[] content, AgentArtifactRead read) => content[(int)read.Offset..(int)(read.Offset + read.Count)];

    private static void AssertUnavailable(AgentDeploy deploy, Func<AgentArtifactRead, byte[]?> onRead, string message)
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.OnRead = onRead;

        JsonRpcException failure = Assert.Throws<JsonRpcException>(() => agent.Deploy(deploy, null));

        Assert.Equal((AgentErrors.ArtifactUnavailable, message), (failure.Code, failure.Message));
        agent.Ping();
    }
}
