using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class ChildSupervisorTests
{
    [Fact]
    public async Task Children_that_start_and_end_at_once_are_all_reaped_with_their_own_exit()
    {
        SupervisedChild[] children = await Task.WhenAll(Enumerable.Range(0, 100).Select(code => Task.Run(() => StartAsync("exit", $"{code}")))).Within();

        ProcessExit[] exits = await Task.WhenAll(children.Select(child => child.Exited)).Within();

        Assert.Equal(Enumerable.Range(0, 100), exits.Select(exit => exit.Code!.Value));
        Assert.All(children, child => Assert.False(child.TrySignal(Signals.Kill)));
        Assert.DoesNotContain(ProcessStat.ReadAll(), stat => stat.ParentId == Environment.ProcessId && stat.IsZombie);
    }

    [Fact]
    public async Task A_child_that_cannot_be_started_fails_for_its_caller_only()
    {
        _ = await Assert.ThrowsAsync<LinuxException>(() => StartFileAsync("/nowhere", [], CancellationToken.None).Within());

        Assert.Equal(5, (await (await StartAsync("exit", "5")).Exited.Within()).Code);
    }

    [Fact]
    public async Task A_child_that_is_not_wanted_any_more_is_not_started()
    {
        using var directory = new TempDirectory();
        string program = directory.WriteProgram("touch", "#!/bin/sh\necho started > \"$1\"\n");

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StartFileAsync(program, [directory["started"]], new CancellationToken(canceled: true)).Within());

        // The next order is behind it: it has been dealt with.
        _ = await (await StartAsync("exit", "0")).Exited.Within();
        Assert.False(File.Exists(directory["started"]));
    }

    [Fact]
    public async Task A_program_whose_execution_hangs_in_the_host_holds_up_no_end_of_another()
    {
        using var directory = new TempDirectory();
        string program = directory.WriteProgram("program", "#!/bin/sh\nexit 3\n");
        SupervisedChild running = await StartFileAsync("/bin/sleep", ["1000"], CancellationToken.None);
        Task<SupervisedChild> hanging;
        using (var lease = new FileLease(program))
        {
            hanging = StartFileAsync(program, [], CancellationToken.None);
            await lease.Holding.Within();

            Assert.True(running.TrySignal(Signals.Kill));

            Assert.Equal(Signals.Kill, (await running.Exited.Within()).Signal);
            Assert.False(hanging.IsCompleted);
        }

        Assert.Equal(3, (await (await hanging.Within()).Exited.Within()).Code);
    }

    /// <summary>Whoever starts a program can have it ignore the signal of an ended child, and then the kernel reaps its children itself.</summary>
    [Fact]
    public async Task A_node_goes_on_though_the_ends_of_its_children_are_lost()
    {
        using var directory = new TempDirectory();
        await using NodeProgram node = await NodeProgram.StartIgnoringChildSignalAsync(Sandbox.None, directory["run"], 1, TestPrograms.Path("exit"), "0");
        _ = await node.Lines.FirstAsync(line => line == "exit exit code 0");

        Assert.True(LiveProcesses.Agent(node.Agents.Single(id => id != node.Workload)).Identity.TryKill());

        await node.Lines.CountAsync(line => line.StartsWith("agent ", StringComparison.Ordinal), 3);
    }

    [Fact]
    public async Task A_sandbox_that_cannot_be_tried_out_because_ends_are_lost_says_so()
    {
        await RealManager.SkipUnlessAvailableAsync(RealManager.OptionsOf(Sandbox.Namespaces));
        using var directory = new TempDirectory();

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => NodeProgram.StartIgnoringChildSignalAsync(Sandbox.Namespaces, directory["run"], 1));

        Assert.Contains("was started with the signal SIGCHLD ignored: start it without that", failure.Message, StringComparison.Ordinal);
    }

    private static Task<SupervisedChild> StartAsync(string program, params string[] argv) => StartFileAsync(TestPrograms.Path(program), argv, CancellationToken.None);

    private static async Task<SupervisedChild> StartFileAsync(string path, string[] argv, CancellationToken cancellationToken)
    {
        using var input = File.OpenHandle("/dev/null");
        var process = new ChildProcess
        {
            Path = path,
            Arguments = [path, .. argv],
            Descriptors = [input, input, input],
            OwnSession = true,
            CloseOtherDescriptors = true,
        };
        return await ChildSupervisor.StartAsync(process, cancellationToken);
    }
}
