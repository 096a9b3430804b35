using System.Text;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>A workload: what it is given, what is heard of it, and how its end is told.</summary>
public abstract partial class ConformanceTests
{
    [Fact]
    public async Task A_workload_is_run_on_a_warm_agent_from_its_deploy_to_its_end()
    {
        await using RealManager host = await StartAsync();
        Assert.Equal(PoolState.Full, host.Manager.Status.State);

        RealWorkload workload = await host.DeployAsync("write", "lines", "3", "both");

        Assert.Equal(0, (await workload.Observer.ExitAsync()).Code);
        Assert.Equal(
            [(OutputStream.StandardOutput, "line 0"), (OutputStream.StandardOutput, "line 2"), (OutputStream.StandardError, "line 1")],
            workload.Observer.Lines.Reached.OrderBy(line => line.Stream).Select(line => (line.Stream, line.Text)));
        Assert.Equal(workload.Id, Assert.Single(host.Manager.ListProcesses()).Id);
        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();
        Assert.Equal((AgentExitCause.Stopped, 0, false), (exit.Cause, exit.Code, exit.Killed));
        Assert.Same(exit, await workload.Agent.Exited.Within());
        Assert.Empty(workload.Observer.Faults);
    }

    [Fact]
    public async Task The_output_of_a_workload_arrives_by_line_complete_and_in_order()
    {
        await using RealManager host = await StartAsync();

        IReadOnlyList<string> lines = await host.RunAsync("write", "lines", "20000");

        Assert.Equal(Enumerable.Range(0, 20000).Select(number => $"line {number}"), lines);
    }

    [Fact]
    public async Task The_end_of_a_workload_is_told_as_it_was()
    {
        await using RealManager host = await StartAsync();

        RealWorkload failing = await host.DeployAsync("exit", "3");
        RealWorkload killed = await host.DeployAsync("tree", "signal", $"{Nex.Linux.Signals.Kill}");

        Assert.Equal(new WorkloadExit(3, null), await failing.Observer.ExitAsync());
        Assert.Equal(new WorkloadExit(null, Nex.Linux.Signals.Kill), await killed.Observer.ExitAsync());
    }

    [Fact]
    public async Task Arguments_arrive_whole_and_in_order_empty_ones_included()
    {
        string[] argv = ["arguments", "", " ", "a b", "ü€😀", "--", "-x", new string('y', 100_000)];
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync(new DeployRequest { Name = "show", Artifact = "https://example.com/bin/shown", Argv = argv }, "show");

        _ = await workload.Observer.ExitAsync();
        string[] shown = string.Concat(workload.Observer.Texts).Split('\0');

        Assert.Equal(["shown", .. argv, ""], shown);
        Assert.Equal(Encoding.UTF8.GetByteCount(argv[^1]), shown[^2].Length);
    }

    [Fact]
    public async Task A_workload_gets_the_environment_of_its_request_and_nothing_else()
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync(
            new DeployRequest
            {
                Name = "show",
                Argv = ["environment"],
                Environment = new Dictionary<string, string> { ["A"] = "1", ["EMPTY"] = "" },
            },
            "show");

        _ = await workload.Observer.ExitAsync();

        Assert.Equal(["A=1", "EMPTY="], string.Concat(workload.Observer.Texts).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task A_workload_gets_its_three_streams_and_no_link_to_speak_on()
    {
        await using RealManager host = await StartAsync();

        Assert.Equal(["0", "1", "2"], (await host.RunAsync("show", "descriptors")).Order());
    }

    [Fact]
    public async Task Workloads_of_one_name_run_their_own_artifacts()
    {
        await using RealManager host = await StartAsync();
        var request = new DeployRequest { Name = "same", Artifact = "same", Argv = ["lines", "1"] };

        RealWorkload one = await host.DeployAsync(request with { Namespace = "one" }, "write");
        RealWorkload other = await host.DeployAsync(request with { Namespace = "other", Argv = ["4"] }, "exit");

        Assert.Equal(0, (await one.Observer.ExitAsync()).Code);
        Assert.Equal(4, (await other.Observer.ExitAsync()).Code);
        Assert.Equal(["line 0"], one.Observer.Texts);
    }

    [Fact]
    public async Task What_cannot_be_run_is_refused_with_the_reason()
    {
        await using RealManager host = await StartAsync();
        string id = await host.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "nonsense" }).Within();
        ArtifactFile artifact = TestPrograms.Artifact("nonsense", "This is no program."u8.ToArray());
        using (artifact.Handle)
        {
            DeployException failure = await Assert.ThrowsAsync<DeployException>(
                () => host.Manager.GetAgent(id).DeployAsync(artifact, new ObserverRecorder()).Within());

            Assert.Equal(DeployFailure.InvalidArtifact, failure.Failure);
            Assert.Contains("'nonsense'", failure.Message, StringComparison.Ordinal);
        }
    }
}
