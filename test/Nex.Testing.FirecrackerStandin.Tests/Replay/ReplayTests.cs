using Nex.Firecracker.Recording;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;
using Nex.Testing.Processes;

namespace Nex.Testing.FirecrackerStandin.Tests.Replay;

/// <summary>What one Firecracker has answered, asked of another.</summary>
public sealed class ReplayTests(ITestOutputHelper output) : IDisposable
{
    private const string Variable = "NEX_FIRECRACKER_REPLAY";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_standin_answers_another_Firecracker_answers_too(bool real)
    {
        Assert.SkipWhen(real && HostFirecracker.Obstacle is not null, HostFirecracker.Obstacle ?? "");
        IReadOnlyList<RecordedCall> calls = await RecordAsync();

        ReplayReport report = await Replayer.RunAsync(calls, real ? HostFirecracker.RealPath! : HostFirecracker.StandinPath);

        output.WriteLine(report.ToString());
        Assert.Empty(report.Different);
        Assert.Empty(report.LeftOut);
        Assert.Equal(calls.Count, report.Same + report.Reworded.Count);
        Assert.True(real || report.Reworded.Count == 0, "The stand-in has other words for the same.");
    }

    [Fact]
    public async Task Another_answer_and_another_word_are_found()
    {
        RecordedCall[] calls =
        [
            new("a", "GET", "/", null, 200, null),
            new("a", "PUT", "/machine-config", """{"vcpu_count": 33, "mem_size_mib": 128}""", 204, null),
            new("a", "PUT", "/actions", """{"action_type": "InstanceStart"}""", 400, """{"fault_message": "No."}"""),
            new("a", "PATCH", "/vm", "{}", null, null),
            new("b", "PUT", "/snapshot/load", """{"snapshot_path": "/s", "mem_file_path": "/m"}""", 204, null),
            new("b", "GET", "/", null, 200, null),
        ];

        ReplayReport report = await Replayer.RunAsync(calls, HostFirecracker.StandinPath);

        output.WriteLine(report.ToString());
        Assert.Equal(1, report.Same);
        Assert.StartsWith("204 became 400: PUT /machine-config", Assert.Single(report.Different), StringComparison.Ordinal);
        Assert.StartsWith("PUT /actions", Assert.Single(report.Reworded), StringComparison.Ordinal);
        Assert.Equal(3, report.LeftOut.Count);
    }

    [Fact]
    public async Task The_recording_that_is_named_is_answered_as_it_was()
    {
        string? recording = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(recording), $"No recording is named: set {Variable} to one, as CONTRIBUTING.md says.");

        ReplayReport report = await Replayer.RunAsync(RecordedCall.ReadAll(recording!), HostFirecracker.IsReal ? HostFirecracker.RealPath! : HostFirecracker.StandinPath);

        await File.WriteAllTextAsync($"{recording}.report", $"{report}\n");
        Assert.Empty(report.Different);
    }

    /// <summary>The life of a guest, of a copy of it, and of a process that loads nothing, with what they are refused on the way.</summary>
    private async Task<IReadOnlyList<RecordedCall>> RecordAsync()
    {
        KernelFiles.Require();
        using var directory = new TempDirectory();
        string initrd = KernelFiles.WriteInitrd(directory);
        await File.WriteAllTextAsync(directory["disk"], "A disk.".PadRight(4096));
        string drive = $$"""{"drive_id": "d", "is_root_device": false, "is_read_only": true, "path_on_host": "{{directory["disk"]}}"}""";
        string snapshot = $$"""
            "snapshot_path": "{{directory["state"]}}", "mem_file_path": "{{directory["memory"]}}"
            """;
        const string pause = """{"state": "Paused"}""";
        await AskAsync(
            directory["first"],
            ("GET", "/", null),
            ("PUT", "/machine-config", """{"vcpu_count": 33, "mem_size_mib": 128}"""),
            ("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128, "colour": "red"}"""),
            ("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128}"""),
            ("PUT", "/boot-source", """{"kernel_image_path": "/nowhere/kernel"}"""),
            ("PUT", "/boot-source", $$"""{"kernel_image_path": "{{KernelFiles.Kernel}}", "initrd_path": "{{initrd}}", "boot_args": "console=ttyS0 reboot=k panic=1 quiet"}"""),
            ("PUT", "/drives/e", drive),
            ("PUT", "/drives/d", drive),
            ("PUT", "/entropy", "{}"),
            ("PUT", "/vsock", $$"""{"guest_cid": 3, "uds_path": "{{directory["vsock"]}}"}"""),
            ("PATCH", "/vm", pause),
            ("PUT", "/actions", """{"action_type": "InstanceStart"}"""),
            ("PUT", "/entropy", "{}"),
            ("PUT", "/snapshot/create", $"{{{snapshot}}}"),
            ("PATCH", "/vm", pause),
            ("PUT", "/snapshot/create", $"{{{snapshot}}}"),
            ("GET", "/vm/config", null));
        await AskAsync(
            directory["second"],
            ("PUT", "/logger", """{"level": "Error"}"""),
            ("PUT", "/snapshot/load", $$"""{{{snapshot}}, "resume_vm": true, "vsock_override": {"uds_path": "{{directory["other"]}}"} }"""),
            ("PATCH", "/drives/d", """{"drive_id": "d", "rate_limiter": {"ops": {"size": 100, "refill_time": 100}}}"""),
            ("PATCH", "/drives/x", """{"drive_id": "x"}"""),
            ("PATCH", "/vm", pause));
        await AskAsync(directory["third"], ("PUT", "/snapshot/load", """{"snapshot_path": "/nowhere/state", "mem_file_path": "/nowhere/memory"}"""));
        return RecordedCall.ReadAll(_directory["calls"]);
    }

    private async Task AskAsync(string socket, params (string Method, string Path, string? Body)[] calls)
    {
        await using StandinProcess standin = await StandinProcess.StartAsync(socket);
        using var recorder = new JsonLinesRecorder(_directory["calls"]);
        var client = new ApiClient(socket, recorder);
        foreach ((string method, string path, string? body) in calls)
        {
            _ = await client.SendAsync(method, path, body);
        }
    }
}
