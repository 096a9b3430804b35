using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests;

public sealed class WorkloadLifeTests : WorkloadTest
{
    [Fact]
    public async Task A_workload_is_followed_from_its_start_to_its_end()
    {
        Workload workload = await DeployAsync(Request());
        Assert.Equal(WorkloadState.Running, workload.State);
        Assert.Same(workload, Manager.Find(workload.Id));
        Assert.Equal([workload], Manager.List());

        AgentOf(workload).WriteOutput("one", "two");
        AgentOf(workload).EndWorkload(code: 0);

        WorkloadResult result = await workload.Completion.Within();
        Assert.Equal(new WorkloadResult(WorkloadEndReason.Exited, new WorkloadExit(0, null), 0), result);
        Assert.Equal(WorkloadState.Ended, workload.State);
        Assert.Equal(["one", "two"], (await ReadAllAsync(workload.ReadLogsAsync(Token)).Within()).Select(line => line.Text));
        Assert.Equal(
            [WorkloadEventKind.Started, WorkloadEventKind.Exited, WorkloadEventKind.Ended],
            (await ReadAllAsync(workload.ReadEventsAsync(Token)).Within()).Select(item => item.Kind));
    }

    [Fact]
    public async Task The_time_that_a_program_runs_is_told_while_it_does()
    {
        Time.Advance(TimeSpan.FromHours(1));
        Workload workload = await DeployAsync(Request(essential: true));
        Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((TimeSpan.FromMinutes(5), true), (workload.Runtime, workload.IsHealthy));

        AgentOf(workload).EndWorkload(code: 1);
        WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        Assert.Equal((TimeSpan.Zero, false), (workload.Runtime, workload.IsHealthy));

        await Time.PassAsync(scheduled.Delay!.Value);
        await EventAsync(workload, WorkloadEventKind.Started, time: 2);
        Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((TimeSpan.FromMinutes(2), true), (workload.Runtime, workload.IsHealthy));

        await workload.StopAsync(Token).Within();
        Assert.Equal((TimeSpan.Zero, false), (workload.Runtime, workload.IsHealthy));
    }

    [Fact]
    public async Task A_workload_whose_agent_is_gone_is_not_healthy()
    {
        Workload workload = await DeployAsync(Request());
        Processes.GetFailures.Enqueue(new ProcessManagerException(ProcessManagerError.UnknownId, "It has ended."));

        Assert.False(workload.IsHealthy);
    }

    [Fact]
    public async Task Workloads_are_listed_with_the_oldest_first()
    {
        var workloads = new List<Workload>();
        for (int number = 0; number < 5; number++)
        {
            workloads.Add(await DeployAsync(Request()));
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(workloads, Manager.List());
    }

    [Fact]
    public async Task An_agent_that_ends_before_the_workload_is_put_on_it_is_told_of()
    {
        Processes.GetFailures.Enqueue(new ProcessManagerException(ProcessManagerError.UnknownId, "It has ended."));

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => DeployAsync(Request("web")));

        Assert.Equal(DeployFailure.AgentLost, failure.Failure);
        Assert.Contains("'web'", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Manager.List());
    }

    [Fact]
    public async Task What_goes_wrong_with_the_agent_of_a_deploy_is_passed_on_and_ends_that_agent()
    {
        Processes.GetFailures.Enqueue(new ProcessManagerException(ProcessManagerError.Stopping, "The manager stops."));

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => DeployAsync(Request()));

        Assert.Equal(ProcessManagerError.Stopping, failure.Error);
        await Launcher.Launched.CountAsync(3);
        Assert.Single(Launcher.Launched.Reached, agent => agent.IsDisposed);
    }

    [Fact]
    public async Task An_artifact_that_has_no_room_is_refused_before_an_agent_is_taken()
    {
        var refusal = new ProcessManagerException(ProcessManagerError.ArtifactTooLarge, "There is no room.");
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(new FakeLauncher { ArtifactFailure = refusal });

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => other.DeployAsync(Request()));

        Assert.Same(refusal, failure);
        Assert.Empty(other.Manager.List());
        Assert.Equal(1, other.Manager.PoolStatus.Warm);
        Assert.Single(other.Launcher.Launched.Reached);
    }

    [Fact]
    public async Task The_agent_of_a_workload_that_has_ended_ends_too_and_is_replaced()
    {
        Workload workload = await DeployAsync(Request());
        FakeAgent agent = AgentOf(workload);
        agent.EndWorkload(code: 5);
        Assert.Equal(5, (await workload.Completion.Within()).Exit.Code);
        Assert.True(agent.IsDisposed);
        await Launcher.Launched.CountAsync(3);
    }

    [Fact]
    public async Task A_stop_asks_the_workload_first_and_with_the_grace_period_of_its_request()
    {
        Workload workload = await DeployAsync(Request() with { GracePeriod = TimeSpan.FromSeconds(7) });
        FakeAgent agent = AgentOf(workload);
        WorkloadResult result = await workload.StopAsync(Token).Within();
        Assert.Equal(WorkloadEndReason.Stopped, result.Reason);
        Assert.Equal(15, result.Exit.Signal);
        Assert.Contains((AgentMethods.Undeploy, """{"grace_ms":7000}"""), agent.Asked.Reached);
        Assert.Equal(0, agent.Kills);
    }

    [Fact]
    public async Task A_stop_may_be_asked_for_many_times_and_after_the_end()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        WorkloadResult[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => workload.StopAsync(Token)))).Within();
        Assert.Single(results.Distinct());
        Assert.Equal(results[0], await workload.StopAsync(Token).Within());
    }

    [Fact]
    public async Task A_workload_whose_agent_is_lost_has_exactly_one_end()
    {
        Workload workload = await DeployAsync(Request());
        AgentOf(workload).Exit(signal: 9);
        WorkloadResult result = await workload.Completion.Within();
        Assert.True(result.Exit.AgentLost);
        Assert.Single(await ReadAllAsync(workload.ReadEventsAsync(Token)).Within(), item => item.Kind == WorkloadEventKind.Exited);
    }

    [Fact]
    public async Task A_deploy_that_the_agent_refuses_fails_typed_and_leaves_nothing()
    {
        Launcher.Plan = _ => new FakeAgentPlan { Deploy = FakeAnswer.Refused };
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(Launcher.Plan);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => other.DeployAsync(Request()));
        Assert.Equal(DeployFailure.StartFailed, failure.Failure);
        Assert.Empty(other.Manager.List());
        await other.Launcher.Launched.Reached[0].LinkClosed.Within();
    }

    [Fact]
    public async Task A_deploy_that_is_cancelled_while_no_agent_is_warm_leaves_nothing()
    {
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(
            number => number == 0 ? new FakeAgentPlan() : new FakeAgentPlan { Hello = FakeHello.Never });
        await other.DeployAsync(Request("first"));
        using var cancelling = new CancellationTokenSource();
        Task<Workload> waiting = other.Manager.DeployAsync(Request("second"), ArtifactSource.Bytes([1, 2, 3]), cancelling.Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within());
        Assert.Single(other.Manager.List());
    }

    [Fact]
    public async Task A_deploy_that_the_agent_does_not_answer_can_be_cancelled_and_ends_that_agent()
    {
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(_ => new FakeAgentPlan { Deploy = FakeAnswer.None });
        using var cancelling = new CancellationTokenSource();
        Task<Workload> waiting = other.Manager.DeployAsync(Request(), ArtifactSource.Bytes([1, 2, 3]), cancelling.Token);
        FakeAgent agent = other.Launcher.Launched.Reached[0];
        await agent.Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);
        // It is none yet, so that nobody can wait for an end that it may never have.
        Assert.Empty(other.Manager.List());
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within());
        Assert.True(agent.IsDisposed);
        Assert.Empty(other.Manager.List());
    }

    [Fact]
    public async Task A_request_with_faults_is_refused_before_anything_is_read()
    {
        InvalidDeployRequestException failure = await Assert.ThrowsAsync<InvalidDeployRequestException>(
            () => Manager.DeployAsync(Request("Not A Name") with { Type = "what", RetryCount = -1 }, ArtifactSource.File("/does/not/exist"), Token));
        Assert.Equal(["name", "type", "retry_count"], failure.Faults.Select(fault => fault.Field));
    }

    [Fact]
    public async Task A_missing_artifact_is_told_by_its_path()
    {
        ArtifactException failure = await Assert.ThrowsAsync<ArtifactException>(
            () => Manager.DeployAsync(Request(), ArtifactSource.File("/does/not/exist"), Token));
        Assert.Equal(ArtifactFailure.NotFound, failure.Failure);
        Assert.Contains("/does/not/exist", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_whose_hash_is_cached_is_not_read_again()
    {
        Workload first = await DeployAsync(Request());
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("a program"u8));
        Workload second = await Manager.DeployAsync(Request() with { Hash = hash }, ArtifactSource.File("/does/not/exist"), Token).Within();
        Assert.NotEqual(first.AgentId, second.AgentId);
    }

    [Fact]
    public async Task The_program_is_started_under_the_name_of_its_artifact()
    {
        Workload workload = await DeployAsync(Request("web"));
        (string _, string parameters) = await AgentOf(workload).Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);
        Assert.Contains("\"program\":\"program\"", parameters, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"web\"", parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_the_artifact_in_the_request_goes_before_that_of_its_source()
    {
        Workload workload = await DeployAsync(Request("web") with { Artifact = "server" });

        (string _, string parameters) = await AgentOf(workload).Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);
        Assert.Contains("\"program\":\"server\"", parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_the_manager_stops_every_workload_and_refuses_others()
    {
        Workload[] workloads = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => DeployAsync(Request(essential: true)))).Within();
        await Manager.StopAsync(Token).Within();
        Assert.All(workloads, workload => Assert.Equal(WorkloadEndReason.Stopped, workload.Completion.Result.Reason));
        Assert.Empty(Manager.List());
        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => DeployAsync(Request()));
        Assert.Equal(ProcessManagerError.Stopping, failure.Error);
    }

    [Fact]
    public async Task A_deploy_that_is_under_way_when_the_manager_stops_fails_and_holds_nothing_up()
    {
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(_ => new FakeAgentPlan { Deploy = FakeAnswer.None });
        Task<Workload> deploying = other.DeployAsync(Request());
        await other.Launcher.Launched.Reached[0].Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);

        await other.Manager.StopAsync(new CancellationToken(canceled: true)).Within();

        // It is cancelled, or its agent is lost: both happen at once.
        Assert.True(await Record.ExceptionAsync(() => deploying.Within()) is OperationCanceledException or DeployException);
        Assert.Empty(other.Manager.List());
    }

    [Fact]
    public async Task A_workload_whose_end_was_awaited_is_not_found_any_more()
    {
        for (int time = 0; time < 300; time++)
        {
            Workload workload = await DeployAsync(Request());
            Assert.Same(workload, Manager.Find(workload.Id));

            _ = await workload.StopAsync(Token).Within();

            Assert.Null(Manager.Find(workload.Id));
            Assert.Empty(Manager.List());
        }
    }

    [Fact]
    public async Task Who_reads_all_events_comes_to_their_end_also_when_the_agents_could_not_be_stopped()
    {
        Processes.StopFailures.Enqueue(new IOException("The host does not let it."));

        await Assert.ThrowsAsync<IOException>(() => Manager.StopAsync(Token).Within());

        Assert.Empty(await ReadAllAsync(Manager.ReadEventsAsync(Token)).Within());
    }

    [Fact]
    public async Task A_slow_reader_never_holds_up_a_workload_and_is_told_what_it_missed()
    {
        Workload workload = await DeployAsync(Request());
        await using IAsyncEnumerator<LogLine> slow = workload.ReadLogsAsync(Token).GetAsyncEnumerator(Token);
        AgentOf(workload).WriteOutput("line 0");
        Assert.True(await slow.MoveNextAsync());

        const int lines = 20_000;
        foreach (int[] chunk in Enumerable.Range(1, lines).Chunk(500))
        {
            AgentOf(workload).WriteOutput(chunk.Select(number => $"line {number}"));
        }

        AgentOf(workload).EndWorkload();
        await workload.Completion.Within();
        long seen = 1;
        while (await slow.MoveNextAsync())
        {
            seen += slow.Current.Missed;
            Assert.Equal($"line {seen}", slow.Current.Text);
            seen++;
        }

        Assert.Equal(lines + 1, seen);
    }

    [Fact]
    public async Task Who_reads_events_too_slowly_is_told_how_many_were_missed()
    {
        await using var other = new WorkloadManagerUnderTest(new WorkloadManagerOptions { Restarts = Restarts, MaxEvents = 2 });
        await other.Manager.StartAsync(Token).Within();
        Workload workload = await other.DeployAsync(Request(essential: true));
        await using IAsyncEnumerator<WorkloadEvent> own = workload.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        await using IAsyncEnumerator<WorkloadEvent> all = other.Manager.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await own.MoveNextAsync() && await all.MoveNextAsync());

        other.Launcher.Find(workload.AgentId!).EndWorkload(code: 1);
        await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        await workload.StopAsync(Token).Within();

        foreach (IAsyncEnumerator<WorkloadEvent> reader in new[] { own, all })
        {
            Assert.Equal((WorkloadEventKind.Started, 0), (reader.Current.Kind, reader.Current.Missed));
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal((WorkloadEventKind.RestartScheduled, 1), (reader.Current.Kind, reader.Current.Missed));
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal((WorkloadEventKind.Ended, 0), (reader.Current.Kind, reader.Current.Missed));
        }
    }

    [Fact]
    public async Task All_events_of_all_workloads_can_be_read_in_one_place()
    {
        Workload one = await DeployAsync(Request("one"));
        Workload two = await DeployAsync(Request("two"));
        await one.StopAsync(Token).Within();
        await two.StopAsync(Token).Within();
        await Manager.StopAsync(Token).Within();
        List<WorkloadEvent> events = await ReadAllAsync(Manager.ReadEventsAsync(Token)).Within();
        Assert.Equal(6, events.Count);
        Assert.Equal(3, events.Count(item => item.Name == "two"));
    }
}
