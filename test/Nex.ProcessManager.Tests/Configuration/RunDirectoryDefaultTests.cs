using Nex.Linux.Machine;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Conformance;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Configuration;

/// <summary>Debian mounts <c>/run</c> with <c>noexec</c>.</summary>
public sealed class RunDirectoryDefaultTests
{
    [Fact]
    public void The_first_directory_is_taken_in_which_agents_can_be_executed()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64, MountFlags.NoExecution);
        using var directory = new TempDirectory();

        Assert.Equal(directory["nex"], ProcessManagerOptions.FirstWithPrograms(disk["nex/deep"], directory["nex"]));
        Assert.Equal(directory["nex"], ProcessManagerOptions.FirstWithPrograms(directory["nex"], disk["nex"]));
        Assert.Equal(directory["nex"], ProcessManagerOptions.FirstWithPrograms("no/full/path", directory["nex"]));
    }

    [Fact]
    public void A_file_system_of_its_own_counts_and_not_that_of_its_parent()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64, MountFlags.NoExecution);
        using var directory = new TempDirectory();

        Assert.Equal(directory["nex"], ProcessManagerOptions.FirstWithPrograms(disk.Path, directory["nex"]));
    }

    [Fact]
    public void Where_there_is_none_it_is_the_first_of_all_whose_refusal_says_what_to_do()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64, MountFlags.NoExecution);

        Assert.Equal(disk["one"], ProcessManagerOptions.FirstWithPrograms(disk["one"], disk["two"]));
    }
}
