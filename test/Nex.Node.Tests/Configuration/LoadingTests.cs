using Microsoft.Extensions.Logging;
using Nex.Node.Configuration;
using Nex.ProcessManager.Configuration;

namespace Nex.Node.Tests.Configuration;

public sealed class LoadingTests : ConfigurationTest
{
    private const string Original = """
        {
            "default_resource_dir": "/opt/nex",
            "machine_pool_size": 3,
            "cni": {
                "bin_path": ["/opt/cni/bin"],
                "network_name": "fcnet",
                "interface_name": "veth0",
                "subnet": "192.168.127.0/24"
            },
            "machine_template": { "vcpu_count": 2, "memsize_mib": 512 },
            "rate_limiters": {
                "bandwidth": { "one_time_burst": 0, "refill_time": 100, "size": 1048576 },
                "iops": { "refill_time": 1000, "size": 500 }
            },
            "agent_handshake_timeout_ms": 7000,
            "bin_path": ["/usr/local/bin"],
            "internal_node_host": "192.168.127.1",
            "internal_node_port": 9222,
            "kernel_filepath": "/opt/nex/vmlinux-5.10",
            "rootfs_filepath": "/opt/nex/rootfs.ext4",
            "preserve_network": true,
            "tags": { "simple": "true" },
            "valid_issuers": [],
            "workload_types": ["elf", "v8", "wasm"],
            "otlp_exporter_url": "127.0.0.1:14532",
            "otel_metrics": true,
            "otel_metrics_port": 8085,
            "otel_metrics_exporter": "prometheus",
            "otel_traces": true,
            "otel_traces_exporter": "grpc"
        }
        """;

    [Fact]
    public void A_file_of_the_original_loads_unchanged()
    {
        NodeConfiguration configuration = Load(Original);

        NodeSettings settings = configuration.Settings;
        Assert.Equal(Sandbox.Firecracker, settings.Agents.Sandbox);
        Assert.Equal(3, settings.Agents.PoolSize);
        Assert.Equal(TimeSpan.FromSeconds(7), settings.Agents.StartTimeout);
        Assert.Equal((2, 512), (settings.Agents.MicroVm.VcpuCount, settings.Agents.MicroVm.MemoryMiB));
        Assert.Equal("/opt/nex/vmlinux-5.10", settings.Agents.MicroVm.KernelPath);
        Assert.Equal("/opt/nex/rootfs.ext4", settings.Agents.MicroVm.RootDiskPath);
        Assert.Equal("/opt/nex/initramfs", settings.Agents.MicroVm.InitramfsPath);
        Assert.Equal(new TokenBucket { Size = 1048576, RefillTime = TimeSpan.FromMilliseconds(100), OneTimeBurst = 0 }, settings.Agents.MicroVm.DiskRateLimiter!.Bandwidth);
        Assert.Equal(new TokenBucket { Size = 500, RefillTime = TimeSpan.FromSeconds(1) }, settings.Agents.MicroVm.DiskRateLimiter.Operations);
        Assert.Equal("true", settings.Node.Tags["simple"]);
        Assert.Equal(["elf"], settings.Node.WorkloadTypes);
        Assert.Equal(("prometheus", "grpc"), (settings.Telemetry.MetricsExporter, settings.Telemetry.TracesExporter));
        Assert.Equal(new Uri("http://127.0.0.1:14532"), settings.Telemetry.Collector);
    }

    [Theory]
    [InlineData("cni.network_name")]
    [InlineData("cni.interface_name")]
    [InlineData("cni.subnet")]
    [InlineData("cni.bin_path")]
    [InlineData("bin_path")]
    [InlineData("internal_node_host")]
    [InlineData("internal_node_port")]
    [InlineData("preserve_network")]
    public void What_cannot_be_honoured_is_named_with_the_reason(string key) =>
        Assert.Contains(Load(Original).Warnings, warning => warning.Contains($"{key} has no effect: ", StringComparison.Ordinal));

    [Fact]
    public void What_the_original_means_by_default_holds()
    {
        NodeSettings settings = Load("{}").Settings;

        Assert.Equal(1, settings.Agents.PoolSize);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Agents.StartTimeout);
        Assert.Equal(256, settings.Agents.MicroVm.MemoryMiB);
        Assert.Null(settings.Telemetry.MetricsExporter);
        Assert.Null(settings.Telemetry.TracesExporter);
        Assert.Null(settings.Nats);
        Assert.Empty(Load("{}").Warnings);
    }

    [Theory]
    [InlineData("v8")]
    [InlineData("wasm")]
    public void Types_of_the_original_that_no_agent_runs_make_a_node_that_takes_nothing(string type)
    {
        NodeConfiguration configuration = Load($$"""{"workload_types": ["{{type}}"]}""");

        Assert.Empty(configuration.Settings.Node.WorkloadTypes);
        Assert.Contains($"agents cannot run {type} yet; this node takes no workloads. Add elf", Assert.Single(configuration.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_of_the_original_that_are_too_small_get_what_a_guest_needs()
    {
        NodeConfiguration configuration = Load("""{"sandbox": "qemu", "machine_template": {"memsize_mib": 64}}""");

        Assert.Equal(96, configuration.Settings.Agents.MicroVm.MemoryMiB);
        Assert.Contains("machine_template.memsize_mib: 64 MiB are less than a guest needs; machines get 96", Assert.Single(configuration.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_trailing_commas_nulls_and_names_in_other_cases_are_taken()
    {
        NodeSettings settings = Load("""
            {
                // As many as there are processors.
                "Machine_Pool_Size": 2, /* two */
                "tags": null,
                "log_level": "DEBUG",
            }
            """).Settings;

        Assert.Equal(2, settings.Agents.PoolSize);
        Assert.Equal(LogLevel.Debug, settings.LogLevel);
    }

    [Fact]
    public void The_environment_stands_above_the_file_and_flags_above_both()
    {
        Environment["NEX_MACHINE_POOL_SIZE"] = "4";
        Environment["NEX_MACHINE_TEMPLATE__VCPU_COUNT"] = "3";
        Environment["NEX_TAGS"] = "b=env,c=env";

        NodeSettings settings = Load(
            """{"machine_pool_size": 2, "machine_template": {"vcpu_count": 2, "memsize_mib": 300}, "tags": {"a": "file", "b": "file"}, "sandbox": "qemu"}""",
            new ConfigurationOverride("machine_pool_size", "5", "--pool-size"),
            new ConfigurationOverride("tags", "c=flag", "--tag"),
            new ConfigurationOverride("tags", "d=flag", "--tag")).Settings;

        Assert.Equal(5, settings.Agents.PoolSize);
        Assert.Equal((3, 300), (settings.Agents.MicroVm.VcpuCount, settings.Agents.MicroVm.MemoryMiB));
        Assert.Equal("a=file b=env c=flag d=flag", string.Join(' ', settings.Node.Tags.OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}")));
    }

    [Fact]
    public void Unknown_keys_are_named_in_a_warning()
    {
        IReadOnlyList<string> warnings = Load("""{"machine_pool_sise": 2, "machine_template": {"cores": 2}, "nats": {"server": "x"}, "sandbox": "none"}""").Warnings;

        Assert.Equal(
            ["machine_pool_sise", "machine_template.cores", "nats.server"],
            warnings.Select(warning => warning.Split("the key ")[1].Split(' ')[0]));
    }

    [Fact]
    public void Variables_that_look_like_keys_and_are_none_are_named_in_a_warning()
    {
        NodeConfiguration configuration = NodeConfigurationLoader.Load(
            null, [], _ => null, ["PATH", "NEX_CONFIG", "NEX_NAMESPACE", "NEX_MACHINE_POOL_SIZE", "NEX_MACHINE_POOL_SISE", "NEX_nats__servers"]);

        Assert.Equal(["NEX_MACHINE_POOL_SISE", "NEX_nats__servers"], configuration.Warnings.Select(warning => warning.Split(' ')[2]));
    }

    [Fact]
    public void Without_a_file_the_environment_is_enough()
    {
        Environment["NEX_SANDBOX"] = "none";

        Assert.Equal(Sandbox.None, NodeConfigurationLoader.Load(null, [], Environment.GetValueOrDefault).Settings.Agents.Sandbox);
    }

    [Fact]
    public void Options_of_a_public_server_are_read_by_the_names_of_the_original_and_others_are_named()
    {
        NodeConfiguration configuration = Load("""
            {"public_nats_server": {"addr": "127.0.0.1", "Port": 4333, "jetstream": true, "max_payload": 2048, "ping_interval": 120000000000, "leaf": {}}}
            """);

        IReadOnlyDictionary<string, object> options = configuration.Settings.PublicServer!.Options;
        Assert.Equal(["host=127.0.0.1", "jetstream=True", "max_payload=2048", "ping_interval=120000000000ns", "port=4333"], options.Select(option => $"{option.Key}={option.Value}").Order());
        Assert.Contains("public_nats_server.leaf", Assert.Single(configuration.Warnings));
    }

    [Fact]
    public void Options_of_a_public_server_that_its_configuration_file_has_are_passed_on_as_they_are()
    {
        NodeConfiguration configuration = Load("""
            {"public_nats_server": {"WebSocket": {"port": 8080, "no_tls": true}, "write_deadline": "2s", "tls": true, "listen": "0.0.0.0:1", "log_file": "/tmp/x"}}
            """);

        IReadOnlyDictionary<string, object> options = configuration.Settings.PublicServer!.Options;
        Assert.Equal(["websocket={\"port\": 8080, \"no_tls\": true}", "write_deadline=2s"], options.Select(option => $"{option.Key}={option.Value}").Order());
        Assert.Equal(["listen", "log_file", "tls"], configuration.Warnings.Select(warning => warning.Split('.')[1].Split(' ')[0]).Order());
        Assert.Contains(configuration.Warnings, warning => warning.Contains("say it with host and port", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("accounts", """{"A": {"users": [{"user": "a\u0007"}]}}""")]
    [InlineData("jetstream", "[]")]
    [InlineData("max_payload", "{}")]
    public void What_the_configuration_of_a_public_server_cannot_have_is_a_fault(string option, string value) =>
        Assert.Equal($"public_nats_server.{option}", Assert.Single(FaultsOf($$$"""{"public_nats_server": {"{{{option}}}": {{{value}}} }}""")).Path);

    [Fact]
    public void A_connection_is_read_and_none_is_a_server_of_its_own()
    {
        NodeSettings settings = Load("""{"nats": {"servers": ["nats://a:4222", "b"], "user": "u", "password": "p", "js_domain": "edge"}}""").Settings;

        Assert.Equal(["nats://a:4222", "b"], settings.Nats!.Servers);
        Assert.Equal(("u", "p", "edge"), (settings.Nats.User, settings.Nats.Password, settings.Nats.JetStreamDomain));
    }
}
