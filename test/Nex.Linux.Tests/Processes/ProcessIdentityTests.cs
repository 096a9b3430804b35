using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;

namespace Nex.Linux.Tests.Processes;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void This_process_is_alive()
    {
        Assert.Equal(Environment.ProcessId, ProcessIdentity.Current.ProcessId);
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.Equal(ProcessIdentity.Current, ProcessIdentity.TryGet(Environment.ProcessId));
    }

    [Fact]
    public void A_process_that_took_over_the_number_is_another_one()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);
        _ = child.ReadLine();
        ProcessIdentity present = ProcessIdentity.TryGet(child.ProcessId)!.Value;
        ProcessIdentity former = present with { StartTime = present.StartTime - 1 };

        Assert.NotEqual(former, present);
        Assert.False(former.IsAlive);
        Assert.False(former.TryKill());
        Assert.True(present.IsAlive);
    }

    [Fact]
    public void A_process_is_killed_by_its_identity()
    {
        using TestChild child = TestChild.Start("tree", ["stubborn"]);
        _ = child.ReadLine();
        ProcessIdentity identity = ProcessIdentity.TryGet(child.ProcessId)!.Value;

        Assert.True(identity.TryKill());

        Assert.Equal(new ProcessExit(null, Signals.Kill), child.WaitForExit());
        Assert.False(identity.IsAlive);
        Assert.False(identity.TryKill());
        Assert.Null(ProcessIdentity.TryGet(child.ProcessId));
    }

    [Fact]
    public void A_zombie_is_not_alive()
    {
        using TestChild child = TestChild.Start("exit", []);
        ProcessIdentity identity = ProcessIdentity.TryGet(child.ProcessId)!.Value;
        Assert.True(Children.WaitForExit());

        Assert.False(identity.IsAlive);
        Assert.False(identity.TryKill());
    }

    [Fact]
    public void What_it_writes_it_reads()
    {
        Assert.True(ProcessIdentity.TryParse(ProcessIdentity.Current.ToString(), out ProcessIdentity read));
        Assert.Equal(ProcessIdentity.Current, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1 2 3")]
    [InlineData("-1 2")]
    [InlineData("1 -2")]
    [InlineData("one two")]
    [InlineData("99999999999 2")]
    public void What_it_does_not_write_it_does_not_read(string text) => Assert.False(ProcessIdentity.TryParse(text, out _));
}
