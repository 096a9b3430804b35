using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers;

public sealed class ProcessSessionTests
{
    private static readonly string Instance = InstanceName.Create().ToString();

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

    /// <summary>A daemon that has let its own leader end has no process of the number either.</summary>
    [Fact]
    public async Task A_session_whose_leader_has_ended_is_a_strangers_unless_something_shows_that_it_is_not()
    {
        string marker = Guid.NewGuid().ToString("N");
        using TestProcess leader = await StartAsync("true", TestPrograms.Path("tree"), marker);
        LiveProcess member = LiveProcesses.With(marker).Single(process => process.Id != leader.Identity.ProcessId);
        Assert.True(leader.Identity.TryKill());
        _ = await leader.Exited.Within();

        Assert.Equal(0, ProcessSession.KillLeft(leader.Identity, Instance));

        Assert.True(member.Identity.IsAlive);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_whose_leader_has_ended_is_an_instances_when_a_program_or_a_directory_of_it_is_in_use(bool program)
    {
        using var directory = new TempDirectory();
        string marker = Guid.NewGuid().ToString("N");
        string work = Directory.CreateDirectory(Path.Combine(directory[Instance], "agent", "work")).FullName;
        string tree = Path.Combine(work, "tree");
        File.Copy(TestPrograms.Path("tree"), tree);
        using TestProcess leader = await (program ? StartAsync("true", tree, marker) : StartAsync($"cd {work}", TestPrograms.Path("tree"), marker));
        LiveProcess member = LiveProcesses.With(marker).Single(process => process.Id != leader.Identity.ProcessId);
        Assert.True(leader.Identity.TryKill());
        _ = await leader.Exited.Within();

        Assert.Equal(0, ProcessSession.KillLeft(leader.Identity, "another"));
        Assert.Equal(1, ProcessSession.KillLeft(leader.Identity, Instance));

        await LiveProcesses.EndAsync(member.Identity);
    }

    [Fact]
    public async Task A_session_whose_leader_lives_needs_no_further_proof()
    {
        string marker = Guid.NewGuid().ToString("N");
        using TestProcess leader = await StartAsync("true", TestPrograms.Path("tree"), marker);

        Assert.Equal(2, ProcessSession.KillLeft(leader.Identity, Instance));
    }

    /// <summary>A process and another, which does not end when it is asked to, after a step of their own.</summary>
    private static Task<TestProcess> StartAsync(string step, string tree, string marker) =>
        TestProcess.RunAsync("/bin/sh", "-c", $"{step}; exec {tree} run {tree} stubborn {marker}");
}
