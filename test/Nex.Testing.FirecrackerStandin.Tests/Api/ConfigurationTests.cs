using System.Net.Sockets;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Api;

/// <summary>What is checked, opened and bound when it is configured, before any guest runs.</summary>
public sealed class ConfigurationTests : IAsyncLifetime
{
    private const string NotFound = "No such file or directory (os error 2)";

    private readonly TempDirectory _directory = new();
    private StandinProcess _standin = null!;

    private ApiClient Api => _standin.Api;

    public async ValueTask InitializeAsync() => _standin = await StandinProcess.StartAsync(_directory["api"], "--id", "one");

    public async ValueTask DisposeAsync()
    {
        await _standin.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_new_instance_has_not_started() => Assert.Equal(
        """{"id":"one","state":"Not started","vmm_version":"1.17.0-dev","app_name":"Firecracker"}""", (await Api.GetAsync("/")).Body);

    [Fact]
    public async Task A_machine_has_one_processor_and_128_MiB_unless_it_is_told_otherwise() => Assert.Equal(
        """{"vcpu_count":1,"mem_size_mib":128,"smt":false,"cpu_template":null,"track_dirty_pages":false,"huge_pages":"None"}""",
        (await Api.GetAsync("/machine-config")).Body);

    [Theory]
    [InlineData("""{"vcpu_count": 0, "mem_size_mib": 128}""")]
    [InlineData("""{"vcpu_count": 33, "mem_size_mib": 128}""")]
    [InlineData("""{"vcpu_count": 3, "mem_size_mib": 128, "smt": true}""")]
    public async Task So_many_processors_cannot_be_had(string body) => Assert.Equal(
        "Machine config error: The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.",
        (await Api.PutAsync("/machine-config", body)).Fault);

    [Theory]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 0}""")]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 127, "huge_pages": "2M"}""")]
    public async Task So_much_memory_cannot_be_had(string body) => Assert.Equal(
        "Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.",
        (await Api.PutAsync("/machine-config", body)).Fault);

    [Fact]
    public async Task A_change_of_the_machine_leaves_the_rest_as_it_is_and_a_new_one_does_not()
    {
        await Api.MustPutAsync("/machine-config", """{"vcpu_count": 2, "mem_size_mib": 256, "track_dirty_pages": true}""");
        await Api.MustPatchAsync("/machine-config", """{"mem_size_mib": 512}""");
        Assert.Contains("""{"vcpu_count":2,"mem_size_mib":512,"smt":false,"cpu_template":null,"track_dirty_pages":true""",
            (await Api.GetAsync("/machine-config")).Body, StringComparison.Ordinal);

        await Api.MustPutAsync("/machine-config", """{"vcpu_count": 1, "mem_size_mib": 64}""");

        Assert.Contains("""{"vcpu_count":1,"mem_size_mib":64,"smt":false,"cpu_template":null,"track_dirty_pages":false""",
            (await Api.GetAsync("/machine-config")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernel_is_opened_at_once() => Assert.Equal(
        $"Boot source error: The kernel file cannot be opened: {NotFound}",
        (await Api.PutAsync("/boot-source", $$"""{"kernel_image_path": "{{_directory["kernel"]}}"}""")).Fault);

    [Fact]
    public async Task The_initrd_is_opened_at_once()
    {
        await File.WriteAllTextAsync(_directory["kernel"], "");

        ApiAnswer answer = await Api.PutAsync(
            "/boot-source", $$"""{"kernel_image_path": "{{_directory["kernel"]}}", "initrd_path": "{{_directory["initrd"]}}"}""");

        Assert.Equal(
            $"Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. {NotFound}", answer.Fault);
    }

    [Fact]
    public async Task A_drive_is_opened_at_once() => Assert.Equal(
        $"Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: {NotFound} {_directory["d"]}",
        (await Api.PutAsync("/drives/d", $$"""{"drive_id": "d", "is_root_device": false, "path_on_host": "{{_directory["d"]}}"}""")).Fault);

    [Fact]
    public async Task There_is_one_root_drive()
    {
        await File.WriteAllTextAsync(_directory["d"], "");
        string Drive(string id) => $$"""{"drive_id": "{{id}}", "is_root_device": true, "path_on_host": "{{_directory["d"]}}"}""";
        await Api.MustPutAsync("/drives/one", Drive("one"));
        await Api.MustPutAsync("/drives/one", Drive("one"));

        Assert.Equal("Drive config error: A root block device already exists!", (await Api.PutAsync("/drives/two", Drive("two"))).Fault);
    }

    [Fact]
    public async Task The_root_drive_comes_first_and_a_drive_that_is_put_again_is_replaced()
    {
        await File.WriteAllTextAsync(_directory["d"], "");
        foreach ((string id, string root) in new[] { ("b", "false"), ("a", "false"), ("r", "true"), ("b", "false") })
        {
            await Api.MustPutAsync($"/drives/{id}", $$"""
                {"drive_id": "{{id}}", "is_root_device": {{root}}, "path_on_host": "{{_directory["d"]}}",
                 "rate_limiter": {"bandwidth": {"size": 1000, "one_time_burst": 2000, "refill_time": 100} } }
                """);
        }

        var drives = (await Api.GetAsync("/vm/config")).Json["drives"]!.AsArray();

        Assert.Equal(["r", "b", "a"], drives.Select(drive => drive!["drive_id"]!.GetValue<string>()));
        Assert.Equal(2000, drives[0]!["rate_limiter"]!["bandwidth"]!["one_time_burst"]!.GetValue<int>());
    }

    [Fact]
    public async Task The_TAP_device_is_opened_at_once()
    {
        ApiAnswer answer = await Api.PutAsync(
            "/network-interfaces/a", """{"iface_id": "a", "host_dev_name": "a-name-that-no-device-can-have"}""");

        Assert.StartsWith("Network config error: Could not create the network device: Open tap device failed: ", answer.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_socket_of_the_vsock_is_bound_at_once()
    {
        await Api.MustPutAsync("/vsock", $$"""{"guest_cid": 3, "uds_path": "{{_directory["v"]}}"}""");

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_directory["v"]));
    }

    [Fact]
    public async Task A_socket_of_a_vsock_that_was_left_over_is_an_error()
    {
        await File.WriteAllTextAsync(_directory["v"], "");

        Assert.Equal(
            "Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: Address in use (os error 98)",
            (await Api.PutAsync("/vsock", $$"""{"guest_cid": 3, "uds_path": "{{_directory["v"]}}"}""")).Fault);
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_a_socket_is_an_error()
    {
        string path = _directory[new string('v', 108)];

        Assert.Equal(400, (await Api.PutAsync("/vsock", $$"""{"guest_cid": 3, "uds_path": "{{path}}"}""")).Status);
    }

    [Theory]
    [InlineData("169.254.1.0", "The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.")]
    [InlineData("169.254.254.255", "The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.")]
    [InlineData("169.254.0.255", "The MMDS IPv4 address is not link local.")]
    [InlineData("169.254.255.0", "The MMDS IPv4 address is not link local.")]
    [InlineData("169.254.1.256", "The MMDS IPv4 address is not link local.")]
    [InlineData("169.255.1.1", "The MMDS IPv4 address is not link local.")]
    public async Task Metadata_has_an_address_that_a_host_may_have_on_its_link_alone(string address, string fault) => Assert.Equal(
        $"MMDS config error: {fault}",
        (await Api.PutAsync("/mmds/config", $$"""{"network_interfaces": ["a"], "ipv4_address": "{{address}}"}""")).Fault);

    [Fact]
    public async Task Metadata_is_kept_and_merged()
    {
        Assert.Equal("{}", (await Api.GetAsync("/mmds")).Body);
        Assert.Equal("MMDS error: The MMDS data store is not initialized.", (await Api.PatchAsync("/mmds", """{"a": 1}""")).Fault);
        await Api.MustPutAsync("/mmds", """{"a": 1, "b": {"c": 2, "d": 3}}""");

        await Api.MustPatchAsync("/mmds", """{"a": null, "b": {"c": 4}}""");

        Assert.Equal("""{"b":{"c":4,"d":3}}""", (await Api.GetAsync("/mmds")).Body);
    }

    [Fact]
    public async Task Metrics_are_initialized_once()
    {
        string body = $$"""{"metrics_path": "{{_directory["metrics"]}}"}""";
        await Api.MustPutAsync("/metrics", body);

        Assert.Equal("Metrics error: Reinitialization of metrics not allowed.", (await Api.PutAsync("/metrics", body)).Fault);
        Assert.Contains("utc_timestamp_ms", await File.ReadAllTextAsync(_directory["metrics"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATCH", "/vm", """{"state": "Paused"}""")]
    [InlineData("PATCH", "/vm", """{"state": "Resumed"}""")]
    [InlineData("PUT", "/snapshot/create", """{"snapshot_path": "/s", "mem_file_path": "/m"}""")]
    [InlineData("PUT", "/actions", """{"action_type": "FlushMetrics"}""")]
    [InlineData("PUT", "/actions", """{"action_type": "SendCtrlAltDel"}""")]
    [InlineData("PATCH", "/drives/a", """{"drive_id": "a"}""")]
    [InlineData("PATCH", "/network-interfaces/a", """{"iface_id": "a"}""")]
    [InlineData("PATCH", "/balloon", """{"amount_mib": 1}""")]
    [InlineData("GET", "/balloon/statistics", null)]
    [InlineData("PATCH", "/balloon/statistics", """{"stats_polling_interval_s": 1}""")]
    [InlineData("PATCH", "/balloon/hinting/start", null)]
    [InlineData("PATCH", "/balloon/hinting/stop", null)]
    [InlineData("GET", "/balloon/hinting/status", null)]
    public async Task What_needs_a_guest_is_refused_before_it_starts(string method, string path, string? body)
    {
        ApiAnswer answer = await Api.SendAsync(method, path, body);

        Assert.Equal((400, "The requested operation is not supported before starting the microVM."), (answer.Status, answer.Fault));
    }

    [Fact]
    public async Task A_machine_without_a_kernel_does_not_start_and_the_process_lives_on()
    {
        Assert.Equal(
            "Start microvm error: Cannot start microvm without kernel configuration.",
            (await Api.PutAsync("/actions", """{"action_type": "InstanceStart"}""")).Fault);
        Assert.Equal("Not started", (await Api.GetAsync("/")).Json["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_compressed_kernel_does_not_start()
    {
        await File.WriteAllTextAsync(_directory["bzImage"], "MZ and so on");
        await Api.MustPutAsync("/boot-source", $$"""{"kernel_image_path": "{{_directory["bzImage"]}}"}""");

        Assert.EndsWith("Invalid Elf magic number", (await Api.PutAsync("/actions", """{"action_type": "InstanceStart"}""")).Fault, StringComparison.Ordinal);
    }
}
