using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.RunDirectories;

public sealed class RunDirectoryTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TempDirectory _directory = new();

    private string Base => _directory["run"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_a_manager_has_on_disk_is_its_own()
    {
        RunDirectory opened = Open();
        AgentDirectory agent = opened.CreateAgent("agent");

        UnixFileMode mode = File.GetUnixFileMode(opened.DirectoryPath);
        UnixFileMode passable = ProcessControl.EffectiveUserId == 0 ? UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : UnixFileMode.None;
        Assert.Equal(Private | passable, mode);
        Assert.Equal(mode, File.GetUnixFileMode(Base));
        Assert.Equal(Private, File.GetUnixFileMode(agent.Path));
        Assert.Equal(Private, File.GetUnixFileMode(agent.Work));
    }

    [Fact]
    public void A_directory_that_others_can_write_to_is_not_used()
    {
        _ = Directory.CreateDirectory(Base);
        File.SetUnixFileMode(Base, Private | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open());

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Contains("others can write to it", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Base));
    }

    /// <summary>As where it was made beforehand in a directory for all.</summary>
    [Fact]
    public void A_directory_of_another_user_is_not_used()
    {
        Assert.SkipWhen(ProcessControl.EffectiveUserId != 0, "Only root can make a directory that belongs to another user.");
        _ = Directory.CreateDirectory(Base, Private);
        TestLibc.GiveAway(Base, 12345);

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open());

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Equal(
            $"The run directory {Base} cannot be used: it belongs to user 12345, and this process runs as user 0: remove it, or choose another with the option RunDirectory.",
            failure.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Base));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/.")]
    public void A_link_to_a_directory_is_not_followed(string end)
    {
        string target = _directory["target"];
        _ = Directory.CreateDirectory(target, Private);
        _ = Directory.CreateSymbolicLink(Base, target);

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => RunDirectory.Open(Base + end, _ => { }));

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Contains("it is a symbolic link", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
        Assert.Equal(Private, File.GetUnixFileMode(target));
    }

    /// <summary>Nothing is made where it leads.</summary>
    [Fact]
    public void A_link_that_leads_nowhere_is_not_followed()
    {
        _ = Directory.CreateSymbolicLink(Base, _directory["target"]);

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open());

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.False(Directory.Exists(_directory["target"]));
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_named_with_the_remedy()
    {
        File.WriteAllText(Base, "a file");

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open());

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Contains(Base, failure.Message, StringComparison.Ordinal);
        Assert.Contains("the option RunDirectory", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_copy_of_the_agent_can_be_run_by_everybody_and_changed_by_its_owner_only()
    {
        RunDirectory opened = Open();

        string copy = await opened.InstallAgentAsync(TestPrograms.Path("exit"), CancellationToken.None).Within();

        Assert.Equal(File.ReadAllBytes(TestPrograms.Path("exit")), File.ReadAllBytes(copy));
        Assert.Equal(
            Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
            File.GetUnixFileMode(copy));
    }

    [Fact]
    public async Task An_agent_that_cannot_be_copied_is_a_typed_failure()
    {
        RunDirectory opened = Open();

        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(
            () => opened.InstallAgentAsync(_directory["nowhere"], CancellationToken.None).Within());

        Assert.Equal(ProcessManagerError.StartFailed, failure.Error);
        Assert.Contains(_directory["nowhere"], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_down_of_an_agent_is_read_again()
    {
        AgentDirectory agent = Open().CreateAgent("agent");
        Assert.Null(RunDirectory.Recorded(agent.Path));

        RunDirectory.Record(agent.Path, new ProcessIdentity(12, 345));

        Assert.Equal(new ProcessIdentity(12, 345), RunDirectory.Recorded(agent.Path));
        File.WriteAllText(Path.Combine(agent.Path, "process"), "12");
        Assert.Null(RunDirectory.Recorded(agent.Path));
    }

    [Fact]
    public void A_directory_is_removed_whatever_a_workload_made_of_it()
    {
        RunDirectory opened = Open();
        AgentDirectory agent = opened.CreateAgent("agent");
        string locked = Directory.CreateDirectory(Path.Combine(agent.Work, "a", "b")).FullName;
        File.WriteAllText(Path.Combine(locked, "file"), "");
        string outside = Directory.CreateDirectory(_directory["outside"]).FullName;
        File.WriteAllText(Path.Combine(outside, "file"), "");
        _ = Directory.CreateSymbolicLink(Path.Combine(agent.Work, "link"), outside);
        _ = File.CreateSymbolicLink(Path.Combine(agent.Work, "dangling"), "/nowhere");
        File.SetUnixFileMode(locked, UnixFileMode.None);
        File.SetUnixFileMode(agent.Work, UnixFileMode.None);

        opened.Remove();
        opened.Remove();

        Assert.False(Directory.Exists(opened.DirectoryPath));
        Assert.True(File.Exists(Path.Combine(outside, "file")));
    }

    [Fact]
    public void What_managers_that_are_gone_left_is_reported_and_removed()
    {
        var alive = InstanceName.Create();
        string left = Leave(1), right = Leave(2), living = Directory.CreateDirectory(Path.Combine(Base, alive.ToString())).FullName;

        Leftovers? found = null;
        _ = RunDirectory.Open(Base, leftovers => found = leftovers);

        Assert.Equal(new Leftovers(2, 0), found);
        Assert.False(Directory.Exists(left) || Directory.Exists(right));
        Assert.True(Directory.Exists(living));
    }

    /// <summary>Such as a container that shares the directory, or was started again with it: its processes cannot be seen from here.</summary>
    [Fact]
    public void What_a_manager_of_another_process_namespace_left_is_removed_once_that_manager_is_gone()
    {
        InstanceName stranger = InstanceName.Create() with { Namespace = "00000000" };
        RunDirectory ours = Open();
        string theirs = Path.Combine(Base, stranger.ToString());
        Directory.Move(ours.DirectoryPath, theirs);

        Assert.Equal(new Leftovers(0, 0), Leftovers.Remove(Base));
        Assert.True(Directory.Exists(theirs));

        // It ends the lock as the end of its process does.
        ours.Remove();
        Assert.Equal(new Leftovers(1, 0), Leftovers.Remove(Base));
        Assert.False(Directory.Exists(theirs));
    }

    [Fact]
    public async Task Managers_that_start_at_the_same_time_can_all_remove_what_is_left()
    {
        for (int round = 0; round < 20; round++)
        {
            for (int number = 0; number < 20; number++)
            {
                string agent = Directory.CreateDirectory(Path.Combine(Leave(number), "agent", "work")).Parent!.FullName;
                await File.WriteAllTextAsync(Path.Combine(agent, "process"), "1 1");
            }

            using var together = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return Leftovers.Remove(Base);
                },
                TaskCreationOptions.LongRunning))).Within();

            Assert.Empty(Directory.EnumerateFileSystemEntries(Base));
        }
    }

    private RunDirectory Open() => RunDirectory.Open(Base, _ => { });

    /// <summary>The directory of a manager of this boot whose process is gone.</summary>
    private string Leave(int number)
    {
        var current = InstanceName.Create();
        InstanceName gone = current with { Owner = current.Owner with { StartTime = 1 }, Number = number };
        _ = Directory.CreateDirectory(Base, Private);
        return Directory.CreateDirectory(Path.Combine(Base, gone.ToString())).FullName;
    }
}
