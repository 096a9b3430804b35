using Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker.Jails;

public sealed class UserIdsTests
{
    [Fact]
    public void Each_jail_has_a_user_of_its_own_and_those_of_jails_that_are_gone_are_used_again()
    {
        var users = new UserIds(900, 3);

        Assert.Equal([900, 901, 902], new[] { users.Take(), users.Take(), users.Take() });
        users.Return(901);
        Assert.Equal(901U, users.Take());
    }

    [Fact]
    public void When_all_are_taken_it_is_said()
    {
        var users = new UserIds(900, 1);
        users.Take();

        Assert.Contains("taken", Assert.Throws<IOException>(() => users.Take()).Message, StringComparison.Ordinal);
    }
}
