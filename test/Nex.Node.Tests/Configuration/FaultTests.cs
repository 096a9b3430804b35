using Nex.Node.Configuration;

namespace Nex.Node.Tests.Configuration;

public sealed class FaultTests : ConfigurationTest
{
    [Fact]
    public void All_faults_are_reported_at_once_each_with_its_path_and_what_was_expected()
    {
        Environment["NEX_PING_TIMEOUT_MS"] = "soon";

        IReadOnlyList<ConfigurationFault> faults = FaultsOf(
            """
            {
                "machine_pool_size": 0,
                "machine_template": { "vcpu_count": "two", "memsize_mib": 0 },
                "rate_limiters": { "iops": { "size": 5 } },
                "sandbox": "docker",
                "tags": { "a": 1 },
                "valid_issuers": ["UABC"],
                "cni": true,
                "nats": { "servers": ["ftp://x"] },
                "public_nats_server": { "port": "4222" }
            }
            """,
            new ConfigurationOverride("log_level", "loud", "--log-level"));

        Assert.Equal(
            [
                "cni: expected an object, and it is true.",
                "log_level: expected one of trace, debug, info, warn, error, none, and it is 'loud'.",
                "machine_pool_size: expected a whole number from 1 to 10000, and it is 0.",
                "machine_template.memsize_mib: expected a whole number from 1 to 1048576, and it is 0.",
                "machine_template.vcpu_count: expected a whole number from 1 to 32, and it is \"two\".",
                "nats.servers: expected an array of URLs such as nats://host:4222, in the environment separated by commas, and it is [\"ftp://x\"].",
                "ping_timeout_ms: expected a whole number from 1 to 86400000 (milliseconds), and it is 'soon'.",
                "public_nats_server.port: expected a whole number.",
                "rate_limiters.iops.size: a limit needs both rate_limiters.iops.size and rate_limiters.iops.refill_time.",
                "sandbox: expected one of none, namespaces, qemu, firecracker, and it is \"docker\".",
                "tags: expected an object of texts, in the environment NAME=VALUE,NAME=VALUE, and it is an object.",
                "valid_issuers: expected an array of public account nkeys (A…), in the environment separated by commas, and it is [\"UABC\"].",
            ],
            faults.Select(fault => $"{fault.Path}: {fault.Message}").Order(StringComparer.Ordinal));
        Assert.Contains(faults, fault => fault.Source == "NEX_PING_TIMEOUT_MS");
        Assert.Contains(faults, fault => fault.Source == "--log-level");
    }

    [Fact]
    public void Values_that_do_not_go_together_are_faults_with_their_path()
    {
        IReadOnlyList<ConfigurationFault> faults = FaultsOf("""{"sandbox": "qemu", "sandbox_network": "host", "node_name": "a\u0007b"}""");

        Assert.Equal(["node_name", "sandbox_network"], faults.Select(fault => fault.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_that_is_no_json_is_refused_with_the_place()
    {
        ConfigurationFault fault = Assert.Single(FaultsOf("{\n  \"tags\": {,}\n}"));

        Assert.StartsWith("is no JSON: line 2, column ", fault.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_fault() =>
        Assert.Contains(
            "cannot be read",
            Assert.Single(Assert.Throws<NodeConfigurationException>(() => NodeConfigurationLoader.Load("/nowhere/config.json", [], _ => null)).Faults).Message);

    [Theory]
    [InlineData("[]")]
    [InlineData("3")]
    public void Anything_but_an_object_is_refused(string json) => Assert.Contains("expected an object", Assert.Single(FaultsOf(json)).Message);

    [Fact]
    public void Secrets_are_not_shown()
    {
        Environment["NEX_NATS__PASSWORD"] = " ";
        string text = string.Join('\n', FaultsOf("""{"nats": {"token": ["s3cret"]}}"""));

        Assert.Contains("nats.password", text);
        Assert.Contains("nats.token", text);
        Assert.DoesNotContain("s3cret", text);
    }

    [Fact]
    public void A_credentials_file_that_is_not_there_is_a_fault_beside_the_others()
    {
        IReadOnlyList<ConfigurationFault> faults = FaultsOf("""{"nats": {"servers": ["x"], "creds": "/nowhere/x.creds"}, "machine_pool_size": -1}""");

        Assert.Contains(faults, fault => fault.Message.Contains("/nowhere/x.creds", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Path == "machine_pool_size");
    }
}
