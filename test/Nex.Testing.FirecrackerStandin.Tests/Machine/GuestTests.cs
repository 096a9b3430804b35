using Nex.Linux.Processes;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;
using Nex.Testing.Processes;

namespace Nex.Testing.FirecrackerStandin.Tests.Machine;

public sealed class GuestTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_guest_boots_into_its_own_init_as_process_1_with_its_console_on_standard_output()
    {
        await using TestGuest guest = await TestGuest.BootAsync(_directory);

        await guest.Standin.Output.FirstAsync(line => line.TrimEnd('\r') == "console: up");
        Assert.Equal("anything", await guest.AskAsync("anything"));
        Assert.Equal("Running", (await guest.Api.GetAsync("/")).Json["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_console_goes_to_the_file_that_was_named()
    {
        await using TestGuest guest = await TestGuest.BootAsync(
            _directory, api => api.MustPutAsync("/serial", $$"""{"serial_out_path": "{{_directory["serial"]}}"}"""));

        Assert.Contains("console: up", await File.ReadAllTextAsync(_directory["serial"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_kills_everything_that_it_sees_in_the_guest_does_not_break_its_sockets()
    {
        await using TestGuest guest = await TestGuest.BootAsync(_directory);

        Assert.Equal("killed", await guest.AskAsync("kill"));
        Assert.Equal("still here", await guest.AskAsync("still here"));
    }

    [Theory]
    [InlineData("reboot")]
    // Without a first process the kernel panics, and reboots as it was told to.
    [InlineData("exit")]
    public async Task A_guest_that_reboots_ends_the_process_with_0(string how)
    {
        await using TestGuest guest = await TestGuest.BootAsync(_directory);

        await guest.TellAsync(how);

        Assert.Equal(0, await guest.Standin.ExitCodeAsync());
    }

    [Fact]
    public async Task A_guest_that_switches_itself_off_does_not_end_the_process()
    {
        await using TestGuest guest = await TestGuest.BootAsync(
            _directory, api => api.MustPutAsync("/machine-config", """{"vcpu_count": 2, "mem_size_mib": 128}"""));
        await guest.TellAsync("poweroff");
        await guest.Standin.Output.FirstAsync(line => line.Contains("Power down", StringComparison.Ordinal));

        Assert.Equal("Running", (await guest.Api.GetAsync("/")).Json["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task QEMU_ends_with_a_standin_that_is_killed()
    {
        await using TestGuest guest = await TestGuest.BootAsync(_directory);
        ProcessIdentity[] qemu = [.. LiveProcesses.ChildrenOf(guest.Standin.Id).Select(process => process.Identity)];
        Assert.Single(qemu);

        guest.Standin.Kill();

        await LiveProcesses.EndAsync(qemu);
    }

    [Fact]
    public async Task A_standin_ends_with_1_when_QEMU_is_killed()
    {
        await using TestGuest guest = await TestGuest.BootAsync(_directory);
        LiveProcess qemu = Assert.Single(LiveProcesses.ChildrenOf(guest.Standin.Id));

        Assert.True(Children.TrySignal(qemu.Id, Nex.Linux.Signals.Kill));

        Assert.Equal(1, await guest.Standin.ExitCodeAsync());
    }

    [Fact]
    public async Task What_was_asked_of_the_hints_of_a_balloon_is_told()
    {
        await using TestGuest guest = await TestGuest.BootAsync(
            _directory, api => api.MustPutAsync("/balloon", """{"amount_mib": 0, "deflate_on_oom": true, "free_page_hinting": true}"""));
        async Task<string> StatusAsync() => (await guest.Api.GetAsync("/balloon/hinting/status")).Body;
        Assert.Equal("""{"host_cmd":0,"guest_cmd":null}""", await StatusAsync());

        Assert.Equal(204, (await guest.Api.PatchAsync("/balloon/hinting/start", null)).Status);
        Assert.Equal("""{"host_cmd":2,"guest_cmd":null}""", await StatusAsync());
        Assert.Equal(204, (await guest.Api.PatchAsync("/balloon/hinting/stop", null)).Status);
        Assert.Equal("""{"host_cmd":1,"guest_cmd":null}""", await StatusAsync());
        await guest.Api.MustPatchAsync("/balloon/hinting/start", """{"acknowledge_on_stop": false}""");
        Assert.Equal("""{"host_cmd":3,"guest_cmd":null}""", await StatusAsync());
    }

    [Fact]
    public async Task A_drive_is_read_and_another_file_is_put_under_it()
    {
        foreach (string name in new[] { "first", "second" })
        {
            await File.WriteAllTextAsync(_directory[name], name.PadRight(4096, '\n'));
        }

        await using TestGuest guest = await TestGuest.BootAsync(_directory, async api =>
        {
            await api.MustPutAsync("/entropy", "{}");
            await api.MustPutAsync("/drives/d", $$"""
                {"drive_id": "d", "is_root_device": false, "is_read_only": true, "path_on_host": "{{_directory["first"]}}",
                 "rate_limiter": {"ops": {"size": 1000, "refill_time": 1000} } }
                """);
            // It is open, whatever becomes of its path, which may mean something to this process only.
            File.Delete(_directory["first"]);
        });
        Assert.Equal("first", await guest.AskAsync("drive"));

        await guest.Api.MustPatchAsync("/drives/d", $$"""{"drive_id": "d", "path_on_host": "{{_directory["second"]}}"}""");
        File.Delete(_directory["second"]);
        await guest.Api.MustPatchAsync("/drives/d", """{"drive_id": "d", "rate_limiter": {"bandwidth": {"size": 1000000, "refill_time": 100}}}""");

        Assert.Equal("second", await guest.AskAsync("drive"));
        Assert.Contains("invalid block device id", (await guest.Api.PatchAsync("/drives/x", """{"drive_id": "x"}""")).Fault, StringComparison.Ordinal);
    }
}
