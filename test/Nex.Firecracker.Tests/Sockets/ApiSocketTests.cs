using System.Net.Sockets;
using Nex.Firecracker.Sockets;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Sockets;

public sealed class ApiSocketTests : IDisposable
{
    private static readonly TimeSpan Long = Deadline.Length;

    private readonly TempDirectory _directory = new();
    private readonly TestTime _time = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _api = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private string SocketPath => _directory["api.sock"];

    public void Dispose()
    {
        _api.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_api_that_is_up_is_not_waited_for()
    {
        Start(SocketPath);

        await ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time).Within();
    }

    [Fact]
    public async Task An_api_that_comes_up_is_noticed_without_any_time_passing()
    {
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time);
        Assert.False(wait.IsCompleted);

        // Made elsewhere and moved, so that it takes connections as soon as it is there.
        Start(_directory["hidden.sock"]);
        File.Move(_directory["hidden.sock"], SocketPath);

        await wait.Within();
    }

    [Fact]
    public async Task Directories_may_come_up_with_it()
    {
        string deep = _directory["jail/firecracker/vm-1/root/run/api.sock"];
        Task wait = ApiSocket.WaitAsync(deep, _exited.Task, Long, _time);

        Directory.CreateDirectory(_directory["jail"]);
        Directory.CreateDirectory(_directory["jail/firecracker/vm-1/root/run"]);
        Start(_directory["hidden.sock"]);
        File.Move(_directory["hidden.sock"], deep);

        await wait.Within();
    }

    [Fact]
    public async Task Directories_that_come_up_while_it_looks_are_not_missed()
    {
        for (int round = 0; round < 50; round++)
        {
            string root = _directory[$"{round}"];
            string deep = Path.Combine(root, "a", "b", "c", "file");
            Task wait = PathWatch.WaitAsync(deep, CancellationToken.None);
            Directory.CreateDirectory(Path.GetDirectoryName(deep)!);
            await File.WriteAllTextAsync(deep, "");

            await wait.Within();
        }
    }

    [Fact]
    public async Task Between_bind_and_listen_it_is_not_up_yet()
    {
        _api.Bind(new UnixDomainSocketEndPoint(SocketPath));
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time);
        await _time.TimerSetAsync(TimeSpan.FromMilliseconds(1));
        Assert.False(wait.IsCompleted);

        _api.Listen();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await wait.Within();
    }

    [Fact]
    public async Task Other_files_are_no_api()
    {
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time);

        await File.WriteAllTextAsync(_directory["api.sock.lock"], "");
        Start(_directory["api"]);
        Assert.False(wait.IsCompleted);
        File.Move(_directory["api"], SocketPath);

        await wait.Within();
    }

    [Fact]
    public async Task A_process_that_ends_first_is_noticed_at_once()
    {
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time);

        _exited.SetResult();

        FirecrackerException failure = await FailureOfAsync(wait);
        Assert.Equal(FirecrackerFailure.ProcessGone, failure.Failure);
        Assert.DoesNotContain("left", failure.Message);
    }

    [Fact]
    public async Task A_socket_that_was_left_behind_is_named_as_the_likely_reason()
    {
        _api.Bind(new UnixDomainSocketEndPoint(SocketPath));
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time);
        await _time.TimerSetAsync(TimeSpan.FromMilliseconds(1));

        _exited.SetResult();

        FirecrackerException failure = await FailureOfAsync(wait);
        Assert.Equal(FirecrackerFailure.ProcessGone, failure.Failure);
        Assert.Contains("left it behind", failure.Message);
    }

    [Fact]
    public async Task An_api_that_does_not_come_up_in_time_is_given_up()
    {
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, TimeSpan.FromSeconds(3), _time);
        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromTicks(1));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        FirecrackerException failure = await FailureOfAsync(wait);
        Assert.Equal(FirecrackerFailure.TimedOut, failure.Failure);
        Assert.Contains("3 s", failure.Message);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, Long, _time, cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within());
    }

    [Fact]
    public async Task A_file_that_is_no_socket_takes_no_connections()
    {
        await File.WriteAllTextAsync(SocketPath, "");
        Task wait = ApiSocket.WaitAsync(SocketPath, _exited.Task, TimeSpan.FromMilliseconds(1), _time);

        await _time.PassAsync(TimeSpan.FromMilliseconds(1));

        Assert.Equal(FirecrackerFailure.TimedOut, (await FailureOfAsync(wait)).Failure);
    }

    [Theory]
    [InlineData("api.sock")]
    [InlineData("")]
    public async Task A_path_is_absolute(string path) =>
        await Assert.ThrowsAsync<ArgumentException>(() => ApiSocket.WaitAsync(path, _exited.Task, Long));

    [Fact]
    public async Task A_path_has_at_most_107_bytes()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => ApiSocket.WaitAsync("/" + new string('x', 107), _exited.Task, Long));

        Assert.Contains("107", failure.Message);
    }

    private void Start(string path)
    {
        _api.Bind(new UnixDomainSocketEndPoint(path));
        _api.Listen();
    }

    private async Task<FirecrackerException> FailureOfAsync(Task wait)
    {
        var failure = await Assert.ThrowsAsync<FirecrackerException>(() => wait.Within());
        Assert.Equal(SocketPath, failure.SocketPath);
        Assert.Contains(SocketPath, failure.Message);
        return failure;
    }
}
