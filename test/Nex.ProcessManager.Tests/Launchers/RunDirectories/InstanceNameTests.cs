using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Tests.Launchers.RunDirectories;

public sealed class InstanceNameTests
{
    [Fact]
    public void A_name_tells_of_its_owner_which_is_alive()
    {
        var name = InstanceName.Create();

        InstanceName? parsed = InstanceName.TryParse(name.ToString());

        Assert.Equal(name, parsed);
        Assert.Equal(ProcessIdentity.Current, parsed!.Owner);
        Assert.True(parsed.IsAlive);
        Assert.True(parsed.IsOfThisBoot);
    }

    [Fact]
    public void Names_of_one_process_differ() => Assert.NotEqual(InstanceName.Create(), InstanceName.Create());

    [Fact]
    public void The_owner_of_a_name_of_another_boot_is_not_alive_whatever_its_number()
    {
        InstanceName name = InstanceName.Create() with { Boot = "00000000" };

        Assert.False(InstanceName.TryParse(name.ToString())!.IsAlive);
        Assert.False(name.IsOfThisBoot);
    }

    [Fact]
    public void A_process_with_the_same_number_and_another_start_time_is_not_the_owner()
    {
        var current = InstanceName.Create();
        InstanceName name = current with { Owner = current.Owner with { StartTime = current.Owner.StartTime - 1 } };

        Assert.False(name.IsAlive);
        Assert.True(name.IsOfThisBoot);
    }

    /// <summary>Containers that share a directory have processes of the same numbers, and do not see each other's.</summary>
    [Fact]
    public void The_owner_of_a_name_of_another_process_namespace_is_taken_to_be_alive()
    {
        var current = InstanceName.Create();
        InstanceName name = current with { Namespace = "00000000", Owner = current.Owner with { StartTime = current.Owner.StartTime - 1 } };

        Assert.True(InstanceName.TryParse(name.ToString())!.IsAlive);
        Assert.False((name with { Boot = "00000000" }).IsAlive);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nex")]
    [InlineData("nex-agent")]
    [InlineData("nex-1-2-abcdefgh-1")]
    [InlineData("nex-1-2-3-4-5")]
    [InlineData("nex-1-2-abcdefgh-abcdefgh")]
    [InlineData("nex-1-2-abcdefgh-abcdefgh-x")]
    [InlineData("nex-1-2-abcdefgh--1")]
    [InlineData("nex-x-2-abcdefgh-abcdefgh-1")]
    [InlineData("nex--1-2-abcdefgh-abcdefgh-1")]
    [InlineData("nex-1-2-abcdefgh-abcdefgh-1-2")]
    [InlineData("xen-1-2-abcdefgh-abcdefgh-1")]
    public void What_is_not_ours_has_no_such_name(string? name) => Assert.Null(InstanceName.TryParse(name));
}
