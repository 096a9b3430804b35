using System.Text;
using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Agents;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class DeathTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(7, null)]
    [InlineData(null, Signals.Kill)]
    public Task A_warm_agent_whose_process_ends_leaves_at_once_and_is_replaced(int? code, int? signal) => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];

        agent.Exit(code ?? 0, signal);

        AgentExit exit = await test.Delegate.Exited.AtAsync(0);
        Assert.Equal((agent.Id, AgentExitCause.ProcessExited, code, signal), (exit.Id, exit.Cause, exit.Code, exit.Signal));
        await AssertReplacedAsync(test, agent);
    });

    [Fact]
    public Task A_dead_agent_leaves_at_once_even_where_its_link_stays_open() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];

            agent.Exit(signal: Signals.Kill);

            await test.Metrics.AgentsAsync("stopping", 1);
            Assert.NotEqual(agent.Id, await test.Manager.PrepareNextWorkloadAsync(Request()).Within());
            await test.Time.PassAsync(test.Options.ExitTimeout);
            Assert.Equal(AgentExitCause.ProcessExited, (await test.Delegate.Exited.AtAsync(0)).Cause);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { LinkOutlivesProcess = number == 0 }));

    [Fact]
    public Task An_agent_that_closes_its_link_and_goes_on_is_killed_and_replaced() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];

            agent.CloseLink();

            await test.Metrics.AgentsAsync("stopping", 1);
            await AssertReplacedAsync(test, agent);
            await test.Time.PassAsync(test.Options.ExitTimeout);
            AgentExit exit = await test.Delegate.Exited.AtAsync(0);
            Assert.Equal((AgentExitCause.LinkLost, Signals.Kill, true), (exit.Cause, exit.Signal, exit.Killed));
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { EndsWithLink = number != 0 }));

    [Theory]
    [InlineData(false, AgentExitCause.Unresponsive)]
    [InlineData(true, AgentExitCause.ProtocolViolation)]
    public Task An_agent_that_does_not_answer_a_ping_leaves_at_once_and_is_replaced(bool refuses, AgentExitCause cause) => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            await test.Time.PassAsync(test.Options.PingInterval);
            Assert.Equal(1, (await AskedAsync<AgentPing>(agent, AgentMethods.Ping)).Sequence);
            if (!refuses)
            {
                await test.Time.PassAsync(test.Options.PingTimeout);
            }

            AgentExit exit = await test.Delegate.Exited.AtAsync(0);

            Assert.Equal((cause, true), (exit.Cause, exit.Killed));
            await AssertReplacedAsync(test, agent);
        },
        launcher: new FakeLauncher(number => number == 0 ? new FakeAgentPlan { Ping = refuses ? FakeAnswer.Refused : FakeAnswer.None, EndsWithLink = false } : new FakeAgentPlan()));

    [Fact]
    public Task An_agent_that_answers_its_pings_stays() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            await test.Time.TimerSetAsync(test.Options.PingInterval);
            for (int ping = 1; ping <= 100; ping++)
            {
                test.Time.Advance(test.Options.PingInterval);
                _ = await agent.Asked.CountAsync(ping);
            }

            Assert.Equal(1, test.Manager.Status.Warm);
            Assert.Empty(test.Delegate.Exited.Reached);
        },
        // Far less than a hundred pings is waited for one answer, and far more than one.
        DefaultOptions with { PingInterval = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(50), MaxStartBackoff = DefaultOptions.StartBackoff });

    [Theory]
    [InlineData("00000000", "A frame of no bytes")]
    [InlineData("7fffffff", "A frame of 2147483647 bytes was announced; at most 524288 are accepted")]
    [InlineData("000000025b5d", "no JSON object")]
    [InlineData("000000027b7d", "not one request, notification or answer")]
    [InlineData("""{"jsonrpc":"2.0","method":"workload.output","params":{"lines":[null]}}""", "A line of its output is null.")]
    [InlineData("""{"jsonrpc":"2.0","method":"workload.output","params":{"lines":null}}""", "The output is not as its method has it")]
    [InlineData("""{"jsonrpc":"2.0","method":"workload.output","params":{"lines":[{"stream":"stdout","text":null}]}}""", "The output is not as its method has it")]
    public Task An_agent_that_breaks_the_protocol_leaves_at_once_and_is_replaced(string bytes, string reason) => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];

            agent.SendBytes(bytes[0] == '{' ? [0, 0, 0, (byte)bytes.Length, .. Encoding.UTF8.GetBytes(bytes)] : Convert.FromHexString(bytes));

            AgentExit exit = await test.Delegate.Exited.AtAsync(0);
            Assert.Equal((AgentExitCause.ProtocolViolation, true), (exit.Cause, exit.Killed));
            Assert.Contains(reason, exit.Detail, StringComparison.Ordinal);
            await AssertReplacedAsync(test, agent);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { EndsWithLink = number != 0 }));

    [Fact]
    public Task An_agent_that_says_hello_again_breaks_the_protocol() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];

        agent.SendHello(agent.Id, AgentHello.CurrentProtocol);

        Assert.Equal(AgentExitCause.ProtocolViolation, (await test.Delegate.Exited.AtAsync(0)).Cause);
        await AssertReplacedAsync(test, agent);
    });

    [Fact]
    public Task An_agent_that_ends_in_the_middle_of_a_frame_has_ended() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];
        agent.SendBytes(0, 0, 1, 0, (byte)'{');

        agent.Exit(code: 1);

        Assert.Equal(AgentExitCause.ProcessExited, (await test.Delegate.Exited.AtAsync(0)).Cause);
        await AssertReplacedAsync(test, agent);
    });

    [Fact]
    public Task The_observer_of_a_workload_whose_agent_dies_is_told_once_that_it_was_lost() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
        IAgent handle = test.Manager.GetAgent(agent.Id);
        agent.WriteOutput("last words");

        agent.Exit(signal: Signals.Kill);

        WorkloadExit exit = await observer.ExitAsync();
        Assert.Equal((true, null, null), (exit.AgentLost, exit.Code, exit.Signal));
        Assert.Equal(["last words"], observer.Texts);
        Assert.Equal(AgentExitCause.ProcessExited, (await handle.Exited.Within()).Cause);
        Assert.Empty(observer.Faults);
        Assert.Null(test.Manager.Lookup(agent.Id));
        _ = await FailsAsync(ProcessManagerError.UnknownId, () => Task.FromResult(test.Manager.GetAgent(agent.Id)));
    });

    [Fact]
    public Task A_prepared_agent_that_dies_is_not_replaced_twice() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        _ = await test.Delegate.Started.CountAsync(2);

        agent.Exit();

        _ = await test.Delegate.Exited.AtAsync(0);
        Assert.Equal((1, 0, 2), (test.Manager.Status.Warm, test.Manager.Status.Starting, test.Launcher.Requested.Reached.Count));
    });

    private static async Task AssertReplacedAsync(PoolTest test, FakeAgent dead)
    {
        string replacement = await test.Delegate.Started.AtAsync(1);
        Assert.NotEqual(dead.Id, replacement);
        Assert.Equal(replacement, await test.Manager.PrepareNextWorkloadAsync(Request()).Within());
    }
}
