using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

/// <summary>Hosts whose bubblewrap is not as it should be.</summary>
public sealed class BubblewrapTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public BubblewrapTests()
    {
        _ = File.CreateSymbolicLink(_directory["setpriv"], Executables.Find("setpriv") ?? "/usr/bin/setpriv");
        Environment.SetEnvironmentVariable("PATH", _directory.Path);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_host_without_bubblewrap_is_told_how_to_get_it() =>
        Assert.Equal(
            "The sandbox 'namespaces' is not available on this host: bubblewrap is not installed: install the package bubblewrap (apt-get install bubblewrap).",
            await ProbeAsync());

    [Theory]
    [InlineData("#!/bin/sh\necho bubblewrap 0.7.9\n", "bubblewrap 0.8.0 or newer is needed", "'bubblewrap 0.7.9'")]
    [InlineData("#!/bin/sh\necho who knows\n", "bubblewrap 0.8.0 or newer is needed", "'who knows'")]
    [InlineData("#!/bin/sh\n[ $1 = --version ] && echo bubblewrap 0.8.0 && exit\necho No permissions to create new namespace >&2\nexit 1\n", "ended with exit code 1: No permissions to create new namespace", "kernel.unprivileged_userns_clone")]
    [InlineData("#!/bin/sh\n[ $1 = --version ] && echo bubblewrap 0.8.0 && exit\necho 'bwrap: prctl(PR_SET_SECCOMP): Invalid argument' >&2\nexit 1\n", "prctl(PR_SET_SECCOMP): Invalid argument", "CONFIG_SECCOMP_FILTER")]
    [InlineData("no program", "cannot be run", "Exec format error")]
    public async Task A_bubblewrap_that_does_not_work_is_found_before_anything_starts(string script, string reason, string detail)
    {
        _ = _directory.WriteProgram("bwrap", script);

        string? answer = await ProbeAsync();

        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Contains(detail, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_that_takes_too_long_can_be_cancelled_and_is_ended()
    {
        string marker = _directory.WriteProgram("bwrap", "#!/bin/sh\nexec /bin/sleep 1000\n");
        using var cancelling = new CancellationTokenSource();
        Task<string?> probing = ProcessManagerFactory.ProbeAsync(RealManager.OptionsOf(Sandbox.Namespaces), cancelling.Token);

        await cancelling.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probing.Within());
        Assert.Empty(Testing.Processes.LiveProcesses.With(marker));
    }

    private static Task<string?> ProbeAsync() => ProcessManagerFactory.ProbeAsync(RealManager.OptionsOf(Sandbox.Namespaces)).Within();
}
