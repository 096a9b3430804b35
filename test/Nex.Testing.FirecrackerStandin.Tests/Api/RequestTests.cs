using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Api;

/// <summary>What is wrong with a request by itself, whatever the state of the machine is.</summary>
public sealed class RequestTests(SharedStandin shared) : IClassFixture<SharedStandin>
{
    private const string Deserializing = "An error occurred when deserializing the json body of a request: ";

    private readonly StandinProcess _standin = shared.Standin;

    [Theory]
    [InlineData("PUT", "/actions", """{"action_type": "InstanceStart", "x": 1}""")]
    [InlineData("PUT", "/balloon", """{"amount_mib": 1, "deflate_on_oom": true, "x": 1}""")]
    [InlineData("PUT", "/boot-source", """{"kernel_image_path": "/k", "x": 1}""")]
    [InlineData("PUT", "/cpu-config", """{"x": 1}""")]
    [InlineData("PUT", "/drives/a", """{"drive_id": "a", "is_root_device": false, "path_on_host": "/d", "x": 1}""")]
    [InlineData("PUT", "/entropy", """{"x": 1}""")]
    [InlineData("PUT", "/logger", """{"x": 1}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128, "x": 1}""")]
    [InlineData("PATCH", "/machine-config", """{"vcpu_count": 1, "x": 1}""")]
    [InlineData("PUT", "/metrics", """{"metrics_path": "/m", "x": 1}""")]
    [InlineData("PUT", "/mmds/config", """{"network_interfaces": ["a"], "x": 1}""")]
    [InlineData("PUT", "/network-interfaces/a", """{"iface_id": "a", "host_dev_name": "t", "x": 1}""")]
    [InlineData("PUT", "/serial", """{"x": 1}""")]
    [InlineData("PUT", "/snapshot/create", """{"snapshot_path": "/s", "mem_file_path": "/m", "x": 1}""")]
    [InlineData("PUT", "/snapshot/load", """{"snapshot_path": "/s", "mem_file_path": "/m", "x": 1}""")]
    [InlineData("PUT", "/vsock", """{"guest_cid": 3, "uds_path": "/v", "x": 1}""")]
    [InlineData("PATCH", "/vm", """{"state": "Paused", "x": 1}""")]
    [InlineData("PATCH", "/drives/a", """{"drive_id": "a", "x": 1}""")]
    [InlineData("PATCH", "/drives/a", """{"drive_id": "a", "rate_limiter": {"ops": {"size": 1, "refill_time": 1, "x": 1}}}""")]
    public async Task A_field_that_does_not_exist_is_refused(string method, string path, string body)
    {
        ApiAnswer answer = await _standin.Api.SendAsync(method, path, body);

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(Deserializing + "unknown field `x`", answer.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1}""", "missing field `mem_size_mib`")]
    [InlineData("PUT", "/vsock", """{"uds_path": "/v"}""", "missing field `guest_cid`")]
    [InlineData("PUT", "/boot-source", "{}", "missing field `kernel_image_path`")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "vcpu_count": 1, "mem_size_mib": 1}""", "duplicate field `vcpu_count`")]
    [InlineData("PUT", "/snapshot/load", """{"snapshot_path": "/s"}""", "missing field: either `mem_backend` or `mem_file_path` is required")]
    [InlineData(
        "PUT", "/snapshot/load",
        """{"snapshot_path": "/s", "mem_file_path": "/m", "mem_backend": {"backend_type": "File", "backend_path": "/m"}}""",
        "too many fields: either `mem_backend` or `mem_file_path` exclusively is required")]
    public async Task What_is_missing_or_too_much_is_named(string method, string path, string body, string reason)
    {
        ApiAnswer answer = await _standin.Api.SendAsync(method, path, body);

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(Deserializing + reason, answer.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": "1", "mem_size_mib": 128}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 256, "mem_size_mib": 128}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": -1, "mem_size_mib": 128}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1.5, "mem_size_mib": 128}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128, "smt": null}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128, "cpu_template": "t2"}""")]
    [InlineData("PUT", "/machine-config", """{"Vcpu_count": 1, "mem_size_mib": 128}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128,}""")]
    [InlineData("PUT", "/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128} x""")]
    [InlineData("PUT", "/machine-config", "null")]
    [InlineData("PUT", "/machine-config", "[]")]
    [InlineData("PUT", "/machine-config", "nothing")]
    [InlineData("PUT", "/vsock", """{"guest_cid": 3, "uds_path": null}""")]
    [InlineData("PUT", "/actions", """{"action_type": "instanceStart"}""")]
    [InlineData("PUT", "/actions", """{"action_type": 1}""")]
    [InlineData("PATCH", "/vm", """{"state": "paused"}""")]
    [InlineData("PATCH", "/vm", """{"state": "Running"}""")]
    [InlineData("PUT", "/snapshot/create", """{"snapshot_path": "/s", "mem_file_path": "/m", "snapshot_type": "full"}""")]
    [InlineData("PUT", "/logger", """{"level": "Loud"}""")]
    [InlineData("PUT", "/network-interfaces/a", """{"iface_id": "a", "host_dev_name": "t", "guest_mac": "06:00:00:00:00"}""")]
    public async Task A_value_of_another_kind_is_refused(string method, string path, string body)
    {
        ApiAnswer answer = await _standin.Api.SendAsync(method, path, body);

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(Deserializing, answer.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info")]
    [InlineData("WARNING")]
    [InlineData("Off")]
    public async Task A_level_of_the_log_may_be_written_in_any_case(string level) =>
        Assert.Equal(204, (await _standin.Api.PutAsync("/logger", $$"""{"level": "{{level}}"}""")).Status);

    [Theory]
    [InlineData("PUT", "/nothing", "{}", "Invalid request method and/or path: PUT nothing.")]
    [InlineData("PATCH", "/vsock", "{}", "Invalid request method and/or path: PATCH vsock.")]
    [InlineData("GET", "/vsock", null, "Invalid request method and/or path: GET vsock.")]
    [InlineData("PUT", "/snapshot", "{}", "Missing snapshot operation type.")]
    [InlineData("GET", "/", "{}", "GET request cannot have a body.")]
    [InlineData("PUT", "/vsock", null, "Empty PUT request.")]
    [InlineData("PATCH", "/vm", null, "Empty PATCH request.")]
    [InlineData("PATCH", "/machine-config", "{}", "Empty PATCH request.")]
    [InlineData("PUT", "/drives", "{}", "The ID cannot be empty.")]
    [InlineData("PUT", "/drives/a-b", "{}", "API Resource IDs can only contain alphanumeric characters and underscores.")]
    [InlineData(
        "PUT", "/drives/a", """{"drive_id": "b", "is_root_device": false}""",
        "The id from the path [a] does not match the id from the body [b]!")]
    [InlineData(
        "PUT", "/network-interfaces/a", """{"iface_id": "b", "host_dev_name": "t"}""",
        "The id from the path [a] does not match the id from the body [b]!")]
    [InlineData("PUT", "/pmem/a", "{}", "The requested operation is not supported: firecracker-standin has no pmem devices.")]
    public async Task What_is_no_request_of_the_API_is_refused(string method, string path, string? body, string fault)
    {
        ApiAnswer answer = await _standin.Api.SendAsync(method, path, body);

        Assert.Equal((400, fault), (answer.Status, answer.Fault));
    }
}
