using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nex.Node.Systemd;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Systemd;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LogRecorder _log = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Dictionary<string, string> _environment = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Systemd_is_told_of_readiness_and_of_the_end(bool isAbstract)
    {
        Listen(isAbstract);
        using SystemdNotifier notifier = Create();

        notifier.Ready("one\ntwo", () => true);
        notifier.Stopping(TimeSpan.FromSeconds(40));

        Assert.Equal("READY=1\nSTATUS=one two", await ReceiveAsync());
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000\nSTATUS=Stopping", await ReceiveAsync());
    }

    [Fact]
    public async Task The_watchdog_is_fed_at_half_of_its_time()
    {
        Listen(isAbstract: false);
        _environment["WATCHDOG_USEC"] = "10000000";
        _environment["WATCHDOG_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using SystemdNotifier notifier = Create();

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(0, _manager.Available);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
    }

    [Fact]
    public async Task The_watchdog_of_a_node_that_is_deaf_is_not_fed()
    {
        Listen(isAbstract: false);
        _environment["WATCHDOG_USEC"] = "10000000";
        using SystemdNotifier notifier = Create();
        bool isAlive = true;
        notifier.Ready("up", () => isAlive);
        _ = await ReceiveAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());

        isAlive = false;
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(0, _manager.Available);
    }

    [Fact]
    public void The_watchdog_of_another_process_is_not_fed()
    {
        Listen(isAbstract: false);
        _environment["WATCHDOG_USEC"] = "10000000";
        _environment["WATCHDOG_PID"] = "1";
        using SystemdNotifier notifier = Create();

        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(0, _manager.Available);
    }

    [Fact]
    public void Without_systemd_nothing_is_told_and_nothing_goes_wrong()
    {
        using SystemdNotifier notifier = Create();

        notifier.Ready("up", () => true);

        Assert.Empty(_log.Lines.Reached);
    }

    [Fact]
    public void A_systemd_that_has_gone_is_logged_and_harms_nothing()
    {
        _environment["NOTIFY_SOCKET"] = _directory["nobody"];
        using SystemdNotifier notifier = Create();

        notifier.Ready("up", () => true);

        Assert.StartsWith("systemd could not be told READY=1", Assert.Single(_log.Lines.Reached).Text);
    }

    public void Dispose()
    {
        _manager.Dispose();
        _directory.Dispose();
    }

    private SystemdNotifier Create() => SystemdNotifier.Create(_log, _time, _environment.GetValueOrDefault);

    private void Listen(bool isAbstract)
    {
        string name = _directory["notify"];
        _manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name : name));
        _environment["NOTIFY_SOCKET"] = isAbstract ? "@" + name : name;
    }

    private async Task<string> ReceiveAsync()
    {
        byte[] buffer = new byte[1024];
        int count = await _manager.ReceiveAsync(buffer).Within();
        return Encoding.UTF8.GetString(buffer, 0, count);
    }
}
