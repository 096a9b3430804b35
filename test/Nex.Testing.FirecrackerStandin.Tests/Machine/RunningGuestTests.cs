using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Machine;

/// <summary>What leaves a guest as it was.</summary>
public sealed class RunningGuestTests(SharedGuest shared)
{
    [Fact]
    public async Task A_paused_guest_does_not_answer_until_it_is_resumed()
    {
        TestGuest guest = await shared.GetAsync();
        await guest.Api.MustPatchAsync("/vm", """{"state": "Paused"}""");
        Assert.Equal("Paused", (await guest.Api.GetAsync("/")).Json["state"]!.GetValue<string>());
        Assert.Equal(400, (await guest.Api.PatchAsync("/vm", """{"state": "Paused"}""")).Status);

        Task<string> answer = guest.AskAsync("are you there");
        // Nothing could be waited for that does not come. A request in between is enough for an answer that should not be.
        _ = await guest.Api.GetAsync("/vm/config");
        Assert.False(answer.IsCompleted);
        await guest.Api.MustPatchAsync("/vm", """{"state": "Resumed"}""");

        Assert.Equal("are you there", await answer);
    }

    [Fact]
    public async Task What_is_configured_before_the_start_is_refused_after_it()
    {
        TestGuest guest = await shared.GetAsync();
        foreach ((string path, string body) in new[]
        {
            ("/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128}"""),
            ("/boot-source", """{"kernel_image_path": "/k"}"""),
            ("/drives/a", """{"drive_id": "a", "is_root_device": false}"""),
            ("/network-interfaces/a", """{"iface_id": "a", "host_dev_name": "t"}"""),
            ("/vsock", """{"guest_cid": 3, "uds_path": "/v"}"""),
            ("/entropy", "{}"),
            ("/serial", "{}"),
            ("/logger", "{}"),
            ("/metrics", """{"metrics_path": "/m"}"""),
            ("/mmds/config", """{"network_interfaces": ["a"]}"""),
            ("/balloon", """{"amount_mib": 1, "deflate_on_oom": true}"""),
            ("/snapshot/load", """{"snapshot_path": "/s", "mem_file_path": "/m"}"""),
            ("/actions", """{"action_type": "InstanceStart"}"""),
        })
        {
            ApiAnswer answer = await guest.Api.PutAsync(path, body);
            Assert.Equal((path, 400, "The requested operation is not supported after starting the microVM."), (path, answer.Status, answer.Fault));
        }

        await guest.Api.MustPutAsync("/actions", """{"action_type": "FlushMetrics"}""");
    }

    [Fact]
    public async Task A_guest_that_is_not_paused_has_no_snapshot()
    {
        TestGuest guest = await shared.GetAsync();

        Assert.Equal(
            "Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running",
            (await guest.Api.PutAsync("/snapshot/create", """{"snapshot_path": "/nowhere/s", "mem_file_path": "/nowhere/m"}""")).Fault);
    }

    [Theory]
    [InlineData("PATCH", "/balloon/hinting/start")]
    [InlineData("PATCH", "/balloon/hinting/stop")]
    [InlineData("GET", "/balloon/hinting/status")]
    public async Task A_guest_without_a_balloon_gives_no_hints(string method, string path) =>
        Assert.Equal(400, (await (await shared.GetAsync()).Api.SendAsync(method, path, null)).Status);

    [Fact]
    public async Task A_connection_outlives_a_snapshot()
    {
        TestGuest guest = await shared.GetAsync();
        await guest.SnapshotAsync();
        await guest.Api.MustPatchAsync("/vm", """{"state": "Resumed"}""");

        Assert.Equal("still here", await guest.AskAsync("still here"));
    }
}
