using Nex.Linux;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Jailer;

/// <summary>The jailer by itself: what it locks up here is a script that tells what it finds.</summary>
public sealed class JailerTests : IDisposable
{
    private const string Script = """
        #!/bin/sh
        echo "process $$"
        echo "arguments $*"
        echo "user $(id -u):$(id -g) $(id -G)"
        echo "directory $(pwd)"
        echo "root $(ls /)"
        echo "files $(ulimit -n)"
        echo "cgroup $(grep ^0:: /proc/self/cgroup)"
        tr '\0' '\n' < /proc/$$/environ | grep '=' || echo "no environment"
        touch /mine && echo "can write"
        touch /usr/mine || echo "cannot write"
        head -c 1 /dev/urandom | wc -c
        """;

    private readonly TempDirectory _directory = new();

    public JailerTests()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "The jailer needs root.");
        _ = _directory.WriteProgram("firecracker-script", Script);
        _ = Directory.CreateDirectory(_directory["jails"]);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_becomes_the_program_in_a_directory_of_its_own_as_the_user_that_was_named()
    {
        await using StandinProcess process = StandinProcess.Start("jailer-standin", [.. Arguments("vm-1"), "--", "--api-sock", "/api"]);

        Assert.Equal(0, await process.ExitCodeAsync());

        IReadOnlyList<string> lines = process.Output.Reached;
        Assert.Contains($"process {process.Id}", lines);
        Assert.Contains(lines, line => line.StartsWith("arguments --id vm-1 --start-time-us ", StringComparison.Ordinal) && line.EndsWith(" --api-sock /api", StringComparison.Ordinal));
        Assert.Contains("user 712345:712346 712346", lines);
        Assert.Contains("directory /", lines);
        Assert.Contains("firecracker-script", lines);
        Assert.Contains("files 2048", lines);
        Assert.Contains("no environment", lines);
        Assert.Contains("can write", lines);
        Assert.Contains("cannot write", lines);
        Assert.Equal("1", lines[^1]);
    }

    [Fact]
    public async Task What_it_mounts_is_not_seen_on_the_host()
    {
        _ = await JailAsync(Arguments("vm-1"));

        Assert.DoesNotContain(_directory.Path, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["jails/firecracker-script/vm-1/root/usr"]));
    }

    [Fact]
    public async Task A_jail_that_was_left_over_keeps_it_from_starting()
    {
        _ = await JailAsync(Arguments("vm-1"));

        (int code, string text) = await JailAsync(Arguments("vm-1"));

        Assert.Equal((1, "Failed to create /dev/net/tun via mknod inside the jail: File exists (os error 17)"), (code, text));
        Assert.Equal(0, (await JailAsync(Arguments("vm-2"))).ExitCode);
    }

    [Fact]
    public async Task Files_can_be_put_into_a_jail_before()
    {
        _ = Directory.CreateDirectory(_directory["jails/firecracker-script/vm-1/root"]);
        await File.WriteAllTextAsync(_directory["jails/firecracker-script/vm-1/root/kernel"], "");

        (int code, string text) = await JailAsync(Arguments("vm-1"));

        Assert.Equal(0, code);
        Assert.Contains("kernel", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_limits_what_it_is_told_to() =>
        Assert.Contains("files 100", (await JailAsync([.. Arguments("vm-1"), "--resource-limit", "no-file=100", "--resource-limit", "fsize=0"])).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("Argument 'gid' required, but not found.", "--id", "a", "--exec-file", "/bin/true", "--uid", "1")]
    [InlineData("which wasn't expected", "--unknown", "1")]
    [InlineData("requires a value", "--id")]
    [InlineData("requires a value", "--id", "--uid", "1")]
    [InlineData("provided more than once", "--id", "a", "--id", "b")]
    [InlineData("must contain \"firecracker\"", "--id", "a", "--exec-file", "/bin/true", "--uid", "1", "--gid", "1")]
    [InlineData("Failed to canonicalize path /nowhere: No such file or directory (os error 2)", "--id", "a", "--exec-file", "/nowhere", "--uid", "1", "--gid", "1")]
    [InlineData("Invalid instance ID: Invalid char (_) at position 1", "--id", "a_b", "--exec-file", "/bin/true", "--uid", "1", "--gid", "1")]
    public async Task What_is_not_the_jailers_command_line_is_refused(string reason, params string[] arguments)
    {
        (int code, string text) = await JailAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Invalid resource argument: memory", "--resource-limit", "memory=1")]
    [InlineData("Invalid format for resources limits: no-file", "--resource-limit", "no-file")]
    [InlineData("Invalid limit value for resource: no-file: many", "--resource-limit", "no-file=many")]
    [InlineData("3 is an invalid cgroup version specifier", "--cgroup-version", "3")]
    [InlineData("makes cgroups of version 2 only", "--cgroup", "pids.max=1")]
    [InlineData("The relative path for the parent cgroup is invalid", "--parent-cgroup", "../above")]
    [InlineData("Failed to open /nowhere", "--netns", "/nowhere")]
    [InlineData("does not support the argument '--new-pid-ns'", "--new-pid-ns")]
    public async Task What_it_cannot_do_is_refused(string reason, params string[] arguments)
    {
        (int code, string text) = await JailAsync([.. Arguments("vm-1"), .. arguments]);

        Assert.Equal(1, code);
        Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_moves_the_program_into_its_parent_cgroup_and_into_one_of_its_own_where_something_is_set()
    {
        string? hierarchy = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Assert.SkipWhen(hierarchy is null, "No cgroup version 2 hierarchy is mounted here.");
        string controllers = await File.ReadAllTextAsync(Path.Combine(hierarchy!, "cgroup.controllers"));
        string? file = controllers.Contains("pids", StringComparison.Ordinal) ? "pids.max" : controllers.Contains("hugetlb", StringComparison.Ordinal) ? "hugetlb.2MB.max" : null;
        Assert.SkipWhen(file is null, "The cgroup version 2 hierarchy has no controller for this test.");
        string parent = $"nex-jailer-test-{Environment.ProcessId}";
        _ = Directory.CreateDirectory(Path.Combine(hierarchy!, parent));
        string[] cgroup = ["--cgroup-version", "2", "--parent-cgroup", parent];
        try
        {
            Assert.Contains($"cgroup 0::/{parent}\n", (await JailAsync([.. Arguments("vm-1"), .. cgroup])).Text, StringComparison.Ordinal);
            Assert.Contains($"cgroup 0::/{parent}/vm-2\n", (await JailAsync([.. Arguments("vm-2"), .. cgroup, "--cgroup", $"{file}=2097152"])).Text, StringComparison.Ordinal);
            Assert.Equal("2097152", (await File.ReadAllTextAsync(Path.Combine(hierarchy!, parent, "vm-2", file!))).Trim());
        }
        finally
        {
            foreach (string made in new[] { Path.Combine(hierarchy!, parent, "vm-2"), Path.Combine(hierarchy!, parent) }.Where(Directory.Exists))
            {
                Directory.Delete(made);
            }
        }
    }

    private string[] Arguments(string id) =>
        ["--id", id, "--exec-file", _directory["firecracker-script"], "--uid", "712345", "--gid", "712346", "--chroot-base-dir", _directory["jails"]];

    private static Task<(int ExitCode, string Text)> JailAsync(string[] arguments) => StandinProcess.RunProgramAsync("jailer-standin", arguments);
}
