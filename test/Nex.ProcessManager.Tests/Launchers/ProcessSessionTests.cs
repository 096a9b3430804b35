using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers;

public sealed class ProcessSessionTests
{
    [Fact]
    public async Task Every_process_of_a_session_is_killed()
    {
        string marker = Guid.NewGuid().ToString("N");
        using TestProcess leader = await TestProcess.StartAsync("tree", "run", TestPrograms.Path("tree"), "stubborn", marker);
        IReadOnlyList<LiveProcess> members = LiveProcesses.With(marker);
        Assert.Contains(members, process => process.Id != leader.Identity.ProcessId);

        int killed = ProcessSession.Kill(leader.Identity);

        Assert.Equal(2, killed);
        await LiveProcesses.EndAsync(members.Select(process => process.Identity));
    }

    [Fact]
    public async Task What_is_left_of_a_session_whose_leader_has_ended_is_killed()
    {
        string marker = Guid.NewGuid().ToString("N");
        using TestProcess leader = await TestProcess.StartAsync("tree", "run", TestPrograms.Path("tree"), "stubborn", marker);
        LiveProcess member = LiveProcesses.With(marker).Single(process => process.Id != leader.Identity.ProcessId);
        Assert.True(leader.Identity.TryKill());
        _ = await leader.Exited.Within();

        Assert.Equal(1, ProcessSession.Kill(leader.Identity));

        await LiveProcesses.EndAsync(member.Identity);
        Assert.Equal(0, ProcessSession.Kill(leader.Identity));
    }

    [Fact]
    public async Task A_process_that_has_only_the_number_is_not_touched()
    {
        string marker = Guid.NewGuid().ToString("N");
        using TestProcess leader = await TestProcess.StartAsync("tree", "run", TestPrograms.Path("tree"), "stubborn", marker);

        Assert.Equal(0, ProcessSession.Kill(leader.Identity with { StartTime = leader.Identity.StartTime - 1 }));

        Assert.True(leader.Identity.IsAlive);
        Assert.Equal(2, LiveProcesses.With(marker).Count);
    }
}
