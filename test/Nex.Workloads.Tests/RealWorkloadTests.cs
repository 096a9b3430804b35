using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Workloads.Tests;

public sealed class RealWorkloadTests : RealWorkloadTest
{
    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task A_program_gets_exactly_its_arguments_and_environment(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        Workload arguments = await DeployAsync(manager, "show", "arguments", "", "with space", "ünï");
        Assert.Equal(["show", "arguments", "", "with space", "ünï", ""], (await LinesAsync(arguments))[0].Split('\0'));
        Workload environment = await manager.DeployAsync(
            Request("environment") with { Environment = new Dictionary<string, string> { ["Only"] = "this=that" } },
            ArtifactSource.File(TestPrograms.Path("show")),
            Token).Within();
        Assert.Equal("Only=this=that\0", (await LinesAsync(environment))[0]);
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task All_lines_of_a_workload_arrive_before_its_end_is_told(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        Workload workload = await DeployAsync(manager, "write", "lines", "3000");
        Assert.True((await workload.Completion.Within()).Exit.IsSuccess);
        Assert.Equal(Enumerable.Range(0, 3000).Select(line => $"line {line}"), await LinesAsync(workload));
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task A_stopped_workload_ends_with_its_whole_tree(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        Workload workload = await DeployAsync(manager, "tree", "children", "marker-of-this-tree");
        await FirstLineAsync(workload, "ready");
        LiveProcess[] tree = [.. LiveProcesses.With("marker-of-this-tree")];
        Assert.Equal(3, tree.Length);
        await workload.StopAsync(Token).Within();
        Assert.Empty(LiveProcesses.With("marker-of-this-tree"));
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task An_essential_workload_that_crashes_is_started_again_until_it_is_given_up(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        Workload workload = await manager.DeployAsync(
            Request("signal", "11") with { Essential = true }, ArtifactSource.File(TestPrograms.Path("tree")), Token).Within();
        WorkloadResult result = await workload.Completion.Within();
        Assert.Equal((WorkloadEndReason.TooManyFailures, 11, 3), (result.Reason, result.Exit.Signal, result.RetryCount));
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task A_workload_that_ignores_being_asked_is_killed_after_its_grace_period(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        Workload workload = await manager.DeployAsync(
            Request("stubborn") with { GracePeriod = TimeSpan.FromMilliseconds(100) }, ArtifactSource.File(TestPrograms.Path("tree")), Token).Within();
        await FirstLineAsync(workload, "ready");
        Assert.Equal(9, (await workload.StopAsync(Token).Within()).Exit.Signal);
        await AssertPoolIsWholeAsync(manager);
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task A_gigabyte_of_output_is_counted_to_the_last_line_in_bounded_memory(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        const int lines = 1024 * 1024, length = 1023;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Workload workload = await DeployAsync(manager, "bulk", $"{lines}", $"{length}");
        long seen = 0, most = 0;
        // Some lines may have come and gone before this begins to read.
        await foreach (LogLine line in workload.ReadAllLogsAsync(Token))
        {
            Assert.Equal(length, line.Text.Length);
            seen += line.Missed + 1;
            most = seen % 4096 == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: false)) : most;
        }

        Assert.Equal(lines, seen);
        Assert.True((await workload.Completion.Within()).Exit.IsSuccess);
        // Far less than was written: what is kept, and what the collector has not looked at yet.
        Assert.InRange(most - before, long.MinValue, 200L * 1024 * 1024);
        await AssertPoolIsWholeAsync(manager);
    });

    private static async Task FirstLineAsync(Workload workload, string beginning)
    {
        await foreach (LogLine line in workload.ReadLogsAsync(Token))
        {
            if (line.Text.StartsWith(beginning, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The workload ended before it wrote '{beginning}'.");
    }
}
