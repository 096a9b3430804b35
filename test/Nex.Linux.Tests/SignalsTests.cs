namespace Nex.Linux.Tests;

public sealed class SignalsTests
{
    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(9, "SIGKILL")]
    [InlineData(15, "SIGTERM")]
    [InlineData(31, "SIGSYS")]
    [InlineData(0, "signal 0")]
    [InlineData(32, "signal 32")]
    [InlineData(-1, "signal -1")]
    public void Every_number_has_a_name(int signal, string name) => Assert.Equal(name, Signals.Name(signal));
}
