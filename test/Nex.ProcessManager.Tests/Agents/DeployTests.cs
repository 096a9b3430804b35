using Nex.ProcessManager.Agents;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Agents;

public sealed class DeployTests
{
    private static readonly FakeAgentPlan Silent = new() { Deploy = FakeAnswer.None };

    [Fact]
    public Task A_deploy_tells_the_agent_all_that_it_needs_and_nothing_else() => RunAsync(
        new FakeAgentPlan { ApplyLimits = _ => new WorkloadLimits { Pids = 40 } },
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync(Request() with
            {
                Type = "native",
                Artifact = "https://example.com/programs/echo-1.2",
                Argv = ["-x", ""],
                Environment = new Dictionary<string, string> { ["NAME"] = "value" },
            });

            AgentDeploy deploy = await AskedAsync<AgentDeploy>(agent, AgentMethods.Deploy);
            Assert.Equivalent(
                new AgentDeploy
                {
                    Name = "echo",
                    Type = "elf",
                    Program = "echo-1.2",
                    Argv = ["-x", ""],
                    Environment = new Dictionary<string, string> { ["NAME"] = "value" },
                    Artifact = new AgentArtifact { Size = 3, Attached = false },
                    PidsLimit = 40,
                },
                deploy,
                strict: true);
        });

    [Fact]
    public Task An_agent_is_deployed_to_once_even_where_that_failed() => RunAsync(
        new FakeAgentPlan { Deploy = FakeAnswer.Refused },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            var observer = new ObserverRecorder();

            DeployException refused = await Assert.ThrowsAsync<DeployException>(() => test.DeployAsync(agent, observer).Within());
            DeployException again = await Assert.ThrowsAsync<DeployException>(() => test.DeployAsync(agent, observer).Within());

            Assert.Equal((DeployFailure.StartFailed, "Workload 'echo' was not started: It is refused."), (refused.Failure, refused.Message));
            Assert.Equal(DeployFailure.AlreadyDeployed, again.Failure);
            Assert.Single(agent.Asked.Reached, call => call.Method == AgentMethods.Deploy);
        });

    [Fact]
    public Task Deploys_at_the_same_time_are_one_deploy() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();

        Exception?[] failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(async () => await Record.ExceptionAsync(() => test.DeployAsync(agent, new ObserverRecorder()))))).Within();

        Assert.Single(failures, failure => failure is null);
        Assert.All(failures.OfType<Exception>(), failure => Assert.Equal(DeployFailure.AlreadyDeployed, Assert.IsType<DeployException>(failure).Failure));
    });

    [Theory]
    [InlineData(AgentErrors.AlreadyDeployed, DeployFailure.AlreadyDeployed)]
    [InlineData(AgentErrors.UnsupportedType, DeployFailure.UnsupportedType)]
    [InlineData(AgentErrors.InvalidArtifact, DeployFailure.InvalidArtifact)]
    [InlineData(AgentErrors.ArtifactUnavailable, DeployFailure.ArtifactUnavailable)]
    [InlineData(AgentErrors.StartFailed, DeployFailure.StartFailed)]
    [InlineData(-32601, DeployFailure.StartFailed)]
    public void What_an_agent_answers_has_a_type(int code, DeployFailure failure) => Assert.Equal(failure, DeployException.FromAgent(code));

    [Fact]
    public Task A_deploy_on_an_agent_that_dies_fails_typed_and_has_no_end_to_be_told_of() => RunAsync(
        Silent,
        async test =>
        {
            for (int round = 0; round < 20; round++)
            {
                FakeAgent agent = round == 0
                    ? await test.StartPreparedAsync()
                    : test.Launcher.Find(await test.Manager.PrepareNextWorkloadAsync(Request()).Within());
                var observer = new ObserverRecorder();
                Task deploying = test.DeployAsync(agent, observer);
                _ = await agent.Asked.FirstAsync(call => call.Method == AgentMethods.Deploy);
                Task<AgentExit> exited = test.Manager.GetAgent(agent.Id).Exited;

                agent.Exit(signal: 9);

                DeployException failure = await Assert.ThrowsAsync<DeployException>(() => deploying.Within());
                Assert.Equal(DeployFailure.AgentLost, failure.Failure);
                _ = await exited.Within();
                Assert.Empty(observer.Exits.Reached);
            }
        });

    [Fact]
    public Task A_deploy_on_an_agent_that_is_lost_already_fails_typed() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        IAgent handle = test.Manager.GetAgent(agent.Id);
        agent.Exit();
        _ = await handle.Exited.Within();

        ArtifactFile artifact = Testing.Files.TestPrograms.Artifact("x", [1]);
        using (artifact.Handle)
        {
            DeployException failure = await Assert.ThrowsAsync<DeployException>(() => handle.DeployAsync(artifact, new ObserverRecorder()).Within());
            Assert.Equal(DeployFailure.AgentLost, failure.Failure);
        }

        await handle.UndeployAsync(TimeSpan.Zero).Within();
    });

    [Fact]
    public Task A_cancelled_deploy_ends_its_callers_wait_and_tells_the_observer_nothing() => RunAsync(
        Silent,
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            var observer = new ObserverRecorder();
            using var cancelling = new CancellationTokenSource();
            Task deploying = test.DeployAsync(agent, observer, cancelling.Token);
            _ = await agent.Asked.FirstAsync(call => call.Method == AgentMethods.Deploy);

            await cancelling.CancelAsync();

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => deploying.Within());
            agent.AnswerDeploy();
            agent.WriteOutput("too late");
            _ = await test.Manager.StopProcessAsync(agent.Id).Within();
            Assert.Empty(observer.Lines.Reached);
            Assert.Empty(observer.Exits.Reached);
        });

    [Fact]
    public Task An_agent_reads_its_artifact_over_the_link_and_nothing_else() => RunAsync(
        Silent,
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            Assert.Null((await agent.ReadArtifactAsync(0, 3)).Data);
            Task deploying = test.DeployAsync(agent, new ObserverRecorder());
            _ = await agent.Asked.FirstAsync(call => call.Method == AgentMethods.Deploy);

            Assert.Equal("010203", await ReadAsync(0, 3));
            Assert.Equal("03", await ReadAsync(2, 100));
            Assert.Equal("", await ReadAsync(3, 1));
            foreach ((long offset, int count) in new[] { (-1L, 1), (4, 1), (0, -1), (0, int.MaxValue), (long.MaxValue, 1) })
            {
                Assert.Equal(AgentErrors.NoArtifact, (await agent.ReadArtifactAsync(offset, count)).Error);
            }

            agent.AnswerDeploy();
            await deploying.Within();
            Assert.Equal(AgentErrors.NoArtifact, (await agent.ReadArtifactAsync(0, 3)).Error);

            async Task<string> ReadAsync(long offset, int count) => Convert.ToHexStringLower((await agent.ReadArtifactAsync(offset, count)).Data!);
        });

    [Fact]
    public Task An_agent_that_was_not_prepared_by_its_manager_is_not_given_out() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];

        Assert.Equal(ProcessManagerError.NotPrepared, Assert.Throws<ProcessManagerException>(() => test.Manager.GetAgent(agent.Id)).Error);
    });

    [Theory]
    [InlineData(null, "echo")]
    [InlineData("", "echo")]
    [InlineData("/", "echo")]
    [InlineData("..", "echo")]
    [InlineData("https://example.com/..", "echo")]
    [InlineData("program", "program")]
    [InlineData("a/b/program/", "program")]
    [InlineData("nats://store/program with spaces", "program with spaces")]
    public void A_program_is_started_under_the_name_of_its_artifact(string? artifact, string name) =>
        Assert.Equal(name, AgentDeployment.ProgramName(new DeployRequest { Name = "echo", Artifact = artifact }));

    [Fact]
    public void A_name_that_is_too_long_for_a_file_is_not_used() =>
        Assert.Equal("echo", AgentDeployment.ProgramName(new DeployRequest { Name = "echo", Artifact = new string('ü', 128) }));
}
