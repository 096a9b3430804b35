using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class CommandRunTests
{
    [Fact]
    public async Task A_command_is_run_to_its_end_for_what_it_writes()
    {
        (ProcessExit exit, string output) = await CommandRun.RunAsync("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], CancellationToken.None).Within();

        Assert.Equal((3, "out\nerr\n"), (exit.Code, output));
    }

    [Fact]
    public async Task Only_the_beginning_of_much_output_is_kept_and_all_of_it_is_read()
    {
        (ProcessExit exit, string output) = await CommandRun.RunAsync(TestPrograms.Path("write"), ["long", "1000000"], CancellationToken.None).Within();

        Assert.Equal((0, 8 * 1024), (exit.Code, output.Length));
    }

    [Fact]
    public async Task A_command_that_is_given_up_is_killed()
    {
        string marker = Guid.NewGuid().ToString("N");
        using var cancelling = new CancellationTokenSource();
        Task running = CommandRun.RunAsync(TestPrograms.Path("tree"), ["stubborn", marker], cancelling.Token);

        await cancelling.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Within());
        Assert.Empty(LiveProcesses.With(marker));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_is_named()
    {
        LinuxException failure = await Assert.ThrowsAsync<LinuxException>(() => CommandRun.RunAsync("/nowhere", [], CancellationToken.None).Within());

        Assert.Equal("execute /nowhere: No such file or directory (errno 2)", failure.Message);
    }
}
