using System.Globalization;
using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

/// <summary>What a workload inside namespaces sees and can do. A shell is the workload.</summary>
public sealed class NamespacesTests
{
    private static readonly ProcessManagerOptions Options = RealManager.OptionsOf(Sandbox.Namespaces);

    [Fact]
    public async Task Where_something_covers_a_part_of_proc_it_is_said_what_keeps_the_sandbox_from_being_made()
    {
        Assert.SkipWhen(ProcessControl.EffectiveUserId != 0, "Only root can cover a part of /proc.");
        using var directory = new TempDirectory();

        InvalidOperationException ended = await Assert.ThrowsAsync<InvalidOperationException>(
            () => NodeProgram.StartWithCoveredProcAsync(Sandbox.Namespaces, directory["run"]));

        Assert.Contains("Something covers a part of /proc", ended.Message, StringComparison.Ordinal);
        Assert.Contains("without ProtectKernelLogs", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workload_sees_only_its_own_processes()
    {
        await using RealManager host = await RealManager.StartAsync(Options);

        string[] names = [.. await RunAsync(host, "for process in /proc/[0-9]*; do cat $process/comm; done")];

        Assert.Equal("nex-agent", names[0]);
        Assert.InRange(names.Length, 2, 3);
    }

    [Fact]
    public async Task A_workload_sees_no_files_of_the_host()
    {
        await using RealManager host = await RealManager.StartAsync(Options);

        Assert.Equal(
            ["bin", "dev", "etc", "lib", "nex-agent", "proc", "sbin", "tmp", "usr", "work"],
            (await RunAsync(host, "ls /")).Except(["lib32", "lib64", "libx32"]));
        Assert.Equal(["gone"], await RunAsync(host, "cat /etc/shadow /etc/passwd /etc/hostname 2>/dev/null || echo gone"));
        Assert.Equal(["gone"], await RunAsync(host, $"ls /root /home /run /var {host.Options.RunDirectory} 2>/dev/null || echo gone"));
        Assert.Empty(await RunAsync(host, "ls /dev | grep -v -x -E 'console|core|fd|full|null|ptmx|pts|random|shm|stderr|stdin|stdout|tty|urandom|zero' || true"));
    }

    [Fact]
    public async Task A_workload_can_write_to_its_own_two_directories_and_to_nothing_else()
    {
        await using RealManager host = await RealManager.StartAsync(Options);

        Assert.Equal(["/work", "both"], await RunAsync(host, "pwd; echo a > file && echo a > /tmp/file && echo both"));
        Assert.Equal(
            ["read-only"],
            await RunAsync(host, "for place in / /usr /usr/bin /etc /nex-agent /proc /proc/sys/kernel/hostname /sys; do (echo a > $place/new || echo a > $place) 2>/dev/null && echo $place; done; echo read-only"));
    }

    [Fact]
    public async Task A_workload_has_no_network_unless_it_is_asked_for()
    {
        const string script = "sed -n 's/^ *\\([^ ]*\\):.*/\\1/p' /proc/net/dev";
        string[] ofHost = [.. File.ReadLines("/proc/net/dev").Where(line => line.Contains(':', StringComparison.Ordinal)).Select(line => line.Split(':')[0].Trim())];
        await using RealManager isolated = await RealManager.StartAsync(Options);
        Assert.Equal(["lo"], await RunAsync(isolated, script));

        await using RealManager open = await RealManager.StartAsync(Options with { Network = SandboxNetwork.Host });
        Assert.Equal(ofHost.Order(), (await RunAsync(open, script)).Order());
    }

    [Fact]
    public async Task A_workload_has_no_privileges_and_cannot_gain_any()
    {
        await using RealManager host = await RealManager.StartAsync(Options);

        string[] status = [.. await RunAsync(host, "grep -E '^(NoNewPrivs|Cap|Uid|Groups)' /proc/self/status")];

        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.All(status.Where(line => line.StartsWith("Cap", StringComparison.Ordinal)), line => Assert.EndsWith(":\t0000000000000000", line, StringComparison.Ordinal));
        Assert.Contains("Uid:\t65534\t65534\t65534\t65534", status);
        Assert.Equal(["no"], await RunAsync(host, "busybox unshare -U true 2>/dev/null || busybox mount -t tmpfs none /tmp 2>/dev/null || busybox chroot / true 2>/dev/null || echo no"));
        Assert.Equal(["no"], await RunAsync(host, "ls /proc/1/fd/ 2>/dev/null | grep -q . || cat /proc/1/environ 2>/dev/null || echo no"));
    }

    /// <summary>In an agent that is itself a native .NET program, under the same filter of system calls.</summary>
    [Fact]
    public async Task Ordinary_programs_run()
    {
        await using RealManager host = await RealManager.StartAsync(Options);

        IReadOnlyList<string> lines = await host.RunAsync("ordinary.dyn");

        Assert.Equal(15, lines.Count);
        Assert.All(lines, line => Assert.StartsWith("can ", line, StringComparison.Ordinal));
        Assert.Contains("Seccomp:\t2", await RunAsync(host, "cat /proc/self/status; cat /proc/1/status"));
    }

    [Fact]
    public async Task An_agent_of_root_runs_as_nobody()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "This user is not root: agents run as this user.");
        await using RealManager host = await RealManager.StartAsync(Options);

        LiveProcess agent = LiveProcesses.Agent(host.Delegate.Started.Reached[0]);

        string[] status = File.ReadAllLines($"/proc/{agent.Id}/status");
        Assert.Contains("Uid:\t65534\t65534\t65534\t65534", status);
        Assert.Contains("Gid:\t65534\t65534\t65534\t65534", status);
        Assert.Contains(status, line => line.StartsWith("Groups:", StringComparison.Ordinal) && line["Groups:".Length..].Trim() is "" or "65534");
    }

    [Fact]
    public async Task A_workload_cannot_write_more_than_its_workspace_holds()
    {
        const int mebibyte = 1024 * 1024;
        await using RealManager host = await RealManager.StartAsync(Options with { WorkspaceBytes = 2 * mebibyte });

        foreach (string directory in new[] { "/work", "/tmp" })
        {
            string[] answer = [.. await RunAsync(host, $"dd if=/dev/zero of={directory}/file bs=64k 2>&1 | grep -o 'No space left on device'; wc -c < {directory}/file")];
            Assert.Equal("No space left on device", answer[0]);
            Assert.InRange(int.Parse(answer[1], CultureInfo.InvariantCulture), mebibyte, 2 * mebibyte);
        }
    }

    [Fact]
    public async Task A_workload_cannot_start_more_processes_than_its_limit_and_the_pool_is_whole_afterwards()
    {
        const int limit = 30;
        await using RealManager host = await RealManager.StartAsync(Options);
        RealWorkload bomb = await DeployAsync(host, "while :; do sleep 1000 & echo $!; done", new WorkloadLimits { Pids = limit });

        WorkloadExit exit = await bomb.Observer.ExitAsync();

        Assert.False(exit.IsSuccess);
        Assert.InRange(bomb.Observer.Lines.Reached.Count(line => line.Stream == OutputStream.StandardOutput), limit / 2, limit + 6);
        _ = await host.Manager.StopProcessAsync(bomb.Id).Within();
        _ = await host.Delegate.Started.CountAsync(Options.PoolSize + 1);
        Assert.Equal(PoolState.Full, host.Manager.Status.State);
        Assert.Equal(["fine"], await RunAsync(host, "echo fine"));
    }

    [Fact]
    public async Task The_processes_of_one_workload_do_not_count_for_another()
    {
        await using RealManager host = await RealManager.StartAsync(Options);
        RealWorkload first = await DeployAsync(host, "for number in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo ready; wait", new WorkloadLimits { Pids = 10 });
        _ = await first.Observer.Lines.AtAsync(0);

        RealWorkload second = await DeployAsync(host, "for number in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo ready", new WorkloadLimits { Pids = 10 });

        Assert.Equal(0, (await second.Observer.ExitAsync()).Code);
        Assert.Equal(["ready"], second.Observer.Texts);
    }

    [Fact]
    public async Task Two_workloads_do_not_see_each_others_files()
    {
        await using RealManager host = await RealManager.StartAsync(Options);
        RealWorkload first = await DeployAsync(host, "echo mine > /work/mine; echo mine > /tmp/mine; echo ready; sleep 1000");
        _ = await first.Observer.Lines.AtAsync(0);

        Assert.Empty(await RunAsync(host, "ls -A /work /tmp | grep mine || true"));
    }

    [Fact]
    public async Task A_sandbox_that_cannot_be_made_is_said_before_anything_starts()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", "/nowhere");
        try
        {
            string? reason = await ProcessManagerFactory.ProbeAsync(Options).Within();
            await using RealManager host = RealManager.Create(Options);

            ProcessManagerException failure = await PoolTest.FailsAsync(ProcessManagerError.SandboxUnavailable, () => host.Manager.StartAsync(host.Delegate));

            Assert.Equal(reason, failure.Message);
            Assert.Contains("apt-get install bubblewrap", reason, StringComparison.Ordinal);
            Assert.Null(await ProcessManagerFactory.ProbeAsync(RealManager.OptionsOf(Sandbox.None)).Within());
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private static async Task<IReadOnlyList<string>> RunAsync(RealManager host, string script)
    {
        RealWorkload workload = await DeployAsync(host, script);
        WorkloadExit exit = await workload.Observer.ExitAsync();
        Assert.True(exit.IsSuccess, $"It ended with {exit}, and wrote: {string.Join('\n', workload.Observer.Texts)}");
        return workload.Observer.Texts;
    }

    private static Task<RealWorkload> DeployAsync(RealManager host, string script, WorkloadLimits? limits = null)
    {
        string busybox = Executables.Find("busybox") ?? throw new InvalidOperationException("busybox is not installed: run ./build.sh build.");
        return host.DeployAsync(
            new DeployRequest
            {
                Name = "shell",
                Artifact = "busybox",
                Argv = ["sh", "-c", script],
                Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                Limits = limits,
                GracePeriod = TimeSpan.Zero,
            },
            busybox);
    }
}
