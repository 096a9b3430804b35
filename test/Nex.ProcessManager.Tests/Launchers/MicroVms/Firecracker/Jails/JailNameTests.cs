using Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker.Jails;

public sealed class JailNameTests
{
    [Fact]
    public void A_name_tells_whose_it_is()
    {
        var instance = InstanceName.Create();

        Assert.Equal(instance, JailName.InstanceOf(JailName.OfJail(instance, 17)));
        Assert.Equal(instance, JailName.InstanceOf(JailName.OfFiles(instance)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("vm")]
    [InlineData("vm-1")]
    [InlineData("nex-1-2-0123abcd-0123abcd-1")]
    [InlineData("nex-1-2-0123abcd-0123abcd-1-other")]
    public void What_is_not_ours_is_left_alone(string name) => Assert.Null(JailName.InstanceOf(name));

    [Fact]
    public void It_is_short_enough_for_Firecracker() =>
        Assert.True(JailName.OfJail(InstanceName.TryParse("nex-4194304-99999999999-0123abcd-f0123abc-2147483647")!, int.MaxValue).Length <= 64);
}
