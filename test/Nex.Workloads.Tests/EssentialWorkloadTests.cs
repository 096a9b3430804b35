using Nex.ProcessManager;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;

namespace Nex.Workloads.Tests;

public sealed class EssentialWorkloadTests : WorkloadTest
{
    private static readonly DeployRequest Whole = new()
    {
        Name = "whole",
        Namespace = "Some_where",
        Argv = ["one", "", "thrée"],
        Environment = new Dictionary<string, string> { ["KEY"] = "value", ["empty"] = "" },
        Description = "What it is for.",
        Essential = true,
        GracePeriod = TimeSpan.FromSeconds(3),
    };

    [Fact]
    public async Task A_failed_essential_workload_is_started_again_after_its_back_off_on_another_agent()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        string first = workload.AgentId!;
        AgentOf(workload).EndWorkload(code: 1);
        WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        Assert.Equal(WorkloadState.BackingOff, workload.State);
        Assert.InRange(scheduled.Delay!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));

        await Time.PassAsync(scheduled.Delay.Value);
        WorkloadEvent started = await EventAsync(workload, WorkloadEventKind.Started, time: 2);
        Assert.NotEqual(first, workload.AgentId);
        Assert.Equal(1, started.RetryCount);
        Assert.Equal(WorkloadState.Running, workload.State);
    }

    [Fact]
    public async Task A_restart_loses_nothing_of_the_request()
    {
        Workload workload = await DeployAsync(Whole);
        (string _, string before) = await AgentOf(workload).Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);
        await FailAsync(workload, time: 1);
        await EventAsync(workload, WorkloadEventKind.Started, time: 2);
        (string _, string after) = await AgentOf(workload).Asked.FirstAsync(asked => asked.Method == AgentMethods.Deploy);
        Assert.Equal(before, after);
        DeployRequest request = workload.Request;
        Assert.Equal(1, request.RetryCount);
        Assert.Equal(Time.GetUtcNow(), request.RetriedAt);
        Assert.Equal(Whole.Argv, request.Argv);
        Assert.Equal(Whole.Environment, request.Environment);
        Assert.Equal((Whole.Namespace, Whole.Description, Whole.GracePeriod), (request.Namespace, request.Description, request.GracePeriod));
    }

    [Fact]
    public async Task An_essential_workload_that_fails_too_often_is_given_up()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        for (int failure = 1; failure <= Restarts.MaxFailures; failure++)
        {
            await FailAsync(workload, failure);
            await EventAsync(workload, WorkloadEventKind.Started, failure + 1);
        }

        AgentOf(workload).EndWorkload(code: 1);
        WorkloadResult result = await workload.Completion.Within();
        Assert.Equal(WorkloadEndReason.TooManyFailures, result.Reason);
        Assert.Equal(Restarts.MaxFailures, result.RetryCount);
        Assert.Equal(1, result.Exit.Code);
    }

    [Fact]
    public async Task An_essential_workload_that_succeeds_is_not_started_again()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        AgentOf(workload).EndWorkload(code: 0);
        Assert.Equal(WorkloadEndReason.Exited, (await workload.Completion.Within()).Reason);
    }

    [Fact]
    public async Task An_essential_workload_whose_agent_is_lost_is_started_again()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        AgentOf(workload).Exit(signal: 9);
        WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        await Time.PassAsync(scheduled.Delay!.Value);
        await EventAsync(workload, WorkloadEventKind.Started, time: 2);
    }

    [Fact]
    public async Task A_workload_that_is_stopped_while_it_backs_off_is_not_started_again()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        AgentOf(workload).EndWorkload(code: 1);
        await EventAsync(workload, WorkloadEventKind.RestartScheduled);
        WorkloadResult result = await workload.StopAsync(Token).Within();
        Assert.Equal(WorkloadEndReason.Stopped, result.Reason);
        Assert.Equal(1, result.Exit.Code);
    }

    [Fact]
    public async Task In_lame_duck_running_workloads_go_on_and_nothing_is_started_or_restarted()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        await Manager.EnterLameDuckAsync(Token).Within();
        await Manager.EnterLameDuckAsync(Token).Within();
        Assert.Equal(WorkloadState.Running, workload.State);
        ProcessManagerException refused = await Assert.ThrowsAsync<ProcessManagerException>(() => DeployAsync(Request()));
        Assert.Equal(ProcessManagerError.LameDuck, refused.Error);

        AgentOf(workload).EndWorkload(code: 1);
        Assert.Equal(WorkloadEndReason.LameDuck, (await workload.Completion.Within()).Reason);
        Assert.DoesNotContain(await ReadAllAsync(workload.ReadEventsAsync(Token)).Within(), item => item.Kind == WorkloadEventKind.RestartScheduled);
    }

    [Fact]
    public async Task Lame_duck_ends_a_workload_that_waits_to_be_started_again()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        AgentOf(workload).EndWorkload(code: 1);
        await EventAsync(workload, WorkloadEventKind.RestartScheduled);

        await Manager.EnterLameDuckAsync(Token).Within();

        Assert.Equal(WorkloadEndReason.LameDuck, (await workload.Completion.Within()).Reason);
    }

    [Theory]
    [InlineData(ProcessManagerError.LameDuck, WorkloadEndReason.LameDuck)]
    [InlineData(ProcessManagerError.Stopping, WorkloadEndReason.Stopped)]
    public async Task A_restart_that_finds_that_no_agent_is_given_any_more_is_the_end(ProcessManagerError error, WorkloadEndReason reason)
    {
        Workload workload = await DeployAsync(Request(essential: true));
        Processes.PrepareFailures.Enqueue(new ProcessManagerException(error, "No agent is given any more."));
        await FailAsync(workload, time: 1);

        Assert.Equal((reason, 1), ((await workload.Completion.Within()).Reason, workload.Request.RetryCount));
    }

    [Fact]
    public async Task A_restart_that_gets_no_agent_counts_and_is_tried_again()
    {
        Workload workload = await DeployAsync(Request(essential: true));
        Processes.PrepareFailures.Enqueue(new ProcessManagerException(ProcessManagerError.LimitsUnavailable, "The limits cannot be applied at the moment."));
        await FailAsync(workload, time: 1);

        WorkloadEvent again = await EventAsync(workload, WorkloadEventKind.RestartScheduled, time: 2);
        await Time.PassAsync(again.Delay!.Value);

        Assert.Equal(2, (await EventAsync(workload, WorkloadEventKind.Started, time: 2)).RetryCount);
    }

    [Fact]
    public async Task A_restart_that_fails_counts_and_is_tried_again()
    {
        // The first agent runs what it is given; all that replace it refuse.
        await using WorkloadManagerUnderTest other = await WorkloadManagerUnderTest.StartAsync(
            number => new FakeAgentPlan { Deploy = number == 0 ? FakeAnswer.Normal : FakeAnswer.Refused });
        Workload workload = await other.DeployAsync(Request(essential: true));
        other.Launcher.Find(workload.AgentId!).EndWorkload(code: 1);
        for (int failure = 1; failure <= Restarts.MaxFailures; failure++)
        {
            WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled, failure);
            await other.Time.PassAsync(scheduled.Delay!.Value);
        }

        WorkloadResult result = await workload.Completion.Within();
        Assert.Equal((WorkloadEndReason.TooManyFailures, Restarts.MaxFailures), (result.Reason, result.RetryCount));
        Assert.Single(await ReadAllAsync(workload.ReadEventsAsync(Token)).Within(), item => item.Kind == WorkloadEventKind.Started);
    }

    /// <summary>The program fails, for the given time, and the back-off passes.</summary>
    private async Task FailAsync(Workload workload, int time)
    {
        AgentOf(workload).EndWorkload(code: 1);
        WorkloadEvent scheduled = await EventAsync(workload, WorkloadEventKind.RestartScheduled, time);
        await Time.PassAsync(scheduled.Delay!.Value);
    }
}
