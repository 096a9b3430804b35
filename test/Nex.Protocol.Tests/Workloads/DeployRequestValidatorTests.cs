using Nex.Protocol.Workloads;

namespace Nex.Protocol.Tests.Workloads;

public sealed class DeployRequestValidatorTests
{
    private const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly DeployRequest Valid = new() { Name = "w" };

    /// <summary>Each fault: the request, the field that is named, and a part of what is said of it.</summary>
    public static TheoryData<string, DeployRequest, string, string> Faults { get; } = new()
    {
        { "no name", Valid with { Name = null! }, "name", "1 to 63" },
        { "empty name", Valid with { Name = "" }, "name", "1 to 63" },
        { "upper-case name", Valid with { Name = "Web" }, "name", "lower-case" },
        { "name with a slash", Valid with { Name = "a/b" }, "name", "lower-case" },
        { "name with a dot", Valid with { Name = "a.b" }, "name", "lower-case" },
        { "name with a newline", Valid with { Name = "web\n" }, "name", "lower-case" },
        { "name that begins with a hyphen", Valid with { Name = "-a" }, "name", "hyphen" },
        { "name that ends with a hyphen", Valid with { Name = "a-" }, "name", "hyphen" },
        { "name of 64", Valid with { Name = new string('a', 64) }, "name", "63" },
        { "name with an umlaut", Valid with { Name = "ä" }, "name", "lower-case" },
        { "no namespace", Valid with { Namespace = null! }, "namespace", "63" },
        { "empty namespace", Valid with { Namespace = "" }, "namespace", "63" },
        { "namespace with a dot", Valid with { Namespace = "a.b" }, "namespace", "letters" },
        { "namespace that climbs", Valid with { Namespace = "../x" }, "namespace", "letters" },
        { "namespace of 64", Valid with { Namespace = new string('a', 64) }, "namespace", "63" },
        { "namespace with a newline", Valid with { Namespace = "a\n" }, "namespace", "letters" },
        { "no type", Valid with { Type = null! }, "type", "use elf" },
        { "unknown type", Valid with { Type = "jar" }, "type", "'jar'" },
        { "type in capitals", Valid with { Type = "ELF" }, "type", "'ELF'" },
        { "artifact with a NUL", Valid with { Artifact = "a\0b" }, "artifact", "NUL" },
        { "argument that is null", Valid with { Argv = ["a", null!] }, "argv[1]", "null" },
        { "argument with a NUL", Valid with { Argv = ["a", "b", "\0"] }, "argv[2]", "NUL" },
        { "argument of 128 KiB", Valid with { Argv = [new string('a', 128 * 1024)] }, "argv[0]", "131072 bytes" },
        { "argument of 128 KiB in UTF-8", Valid with { Argv = [new string('ä', 64 * 1024)] }, "argv[0]", "131072 bytes" },
        { "argument of half a character", Valid with { Argv = ["\ud800"] }, "argv[0]", "Unicode" },
        { "variable without a name", WithVariable("", "x"), "environment", "''" },
        { "variable with an equals sign", WithVariable("A=B", "x"), "environment", "'A=B'" },
        { "variable with a NUL in its name", WithVariable("A\0B", "x"), "environment", "'A\\0B'" },
        { "variable with half a character in its name", WithVariable("A\udc00", "x"), "environment", "Unicode" },
        { "variable with a NUL", WithVariable("A", "x\0"), "environment.A", "NUL" },
        { "variable that is null", WithVariable("A", null!), "environment.A", "null" },
        { "variable of half a character", WithVariable("A", "x\udfff"), "environment.A", "Unicode" },
        { "variable of 128 KiB with its name", WithVariable("AB", new string('x', (128 * 1024) - 3)), "environment.AB", "131072 bytes" },
        { "too much in all", Valid with { Argv = [.. Enumerable.Repeat(new string('x', 64 * 1024), 4)] }, "argv, environment", "262148 bytes" },
        { "trigger for a program", Valid with { TriggerSubjects = ["a"] }, "trigger_subjects", "'elf'" },
        { "trigger that is null", WithTrigger(null!), "trigger_subjects[0]", "NATS subject" },
        { "empty trigger", WithTrigger(""), "trigger_subjects[0]", "NATS subject" },
        { "trigger with a space", WithTrigger("a b"), "trigger_subjects[0]", "NATS subject" },
        { "trigger with an empty token", WithTrigger("a..b"), "trigger_subjects[0]", "NATS subject" },
        { "trigger that ends with a dot", WithTrigger("a."), "trigger_subjects[0]", "NATS subject" },
        { "trigger with a newline", WithTrigger("a\n"), "trigger_subjects[0]", "NATS subject" },
        { "short hash", Valid with { Hash = Hash[1..] }, "hash", "SHA-256" },
        { "hash in capitals", Valid with { Hash = Hash.ToUpperInvariant() }, "hash", "lower-case" },
        { "hash with a newline", Valid with { Hash = Hash + "\n" }, "hash", "SHA-256" },
        { "negative retries", Valid with { RetryCount = -1 }, "retry_count", "negative" },
        { "no memory", Valid with { Limits = new() { MemoryBytes = 0 } }, "limits.memory_bytes", "more than 0" },
        { "too much in variables", Valid with { Environment = Enumerable.Range(0, 4).ToDictionary(number => $"{number}", _ => new string('x', 64 * 1024)) }, "argv, environment", "bytes" },
        { "more processors than any host", Valid with { Limits = new() { Cpus = 100_000 } }, "limits.cpus", "number" },
        { "no processor", Valid with { Limits = new() { Cpus = 0 } }, "limits.cpus", "more than 0" },
        { "no number of processors", Valid with { Limits = new() { Cpus = double.NaN } }, "limits.cpus", "number" },
        { "infinitely many processors", Valid with { Limits = new() { Cpus = double.PositiveInfinity } }, "limits.cpus", "number" },
        { "no processes", Valid with { Limits = new() { Pids = 0 } }, "limits.pids", "more than 0" },
        { "negative grace", Valid with { GracePeriod = TimeSpan.FromTicks(-1) }, "grace_period", "1 hour" },
        { "grace of more than an hour", Valid with { GracePeriod = TimeSpan.FromHours(1) + TimeSpan.FromTicks(1) }, "grace_period", "1 hour" },
    };

    public static TheoryData<string, DeployRequest> ValidRequests { get; } = new()
    {
        { "least", Valid },
        { "longest name", Valid with { Name = new string('a', 63) } },
        { "name of one digit", Valid with { Name = "7" } },
        { "namespace of all kinds", Valid with { Namespace = "Team_1-x" } },
        { "native", Valid with { Type = "native" } },
        { "function", WithTrigger("a.*.>") },
        { "empty arguments", Valid with { Argv = ["", "", ""] } },
        { "longest argument", Valid with { Argv = [new string('a', (128 * 1024) - 1)] } },
        { "variable of any name but one with '='", WithVariable("1 ä.-\n", "x=y\n\U0001F600") },
        { "as much as there can be", Valid with { Argv = [.. Enumerable.Repeat(new string('x', (64 * 1024) - 1), 4)] } },
        { "hash", Valid with { Hash = Hash } },
        { "limits", Valid with { Limits = new() { MemoryBytes = 1, Cpus = 0.01, Pids = 1 } } },
        { "no grace", Valid with { GracePeriod = TimeSpan.Zero } },
        { "longest grace", Valid with { GracePeriod = TimeSpan.FromHours(1) } },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Each_fault_is_named_by_its_field(string what, DeployRequest request, string field, string message)
    {
        ValidationFault fault = Assert.Single(DeployRequestValidator.Validate(request));

        Assert.True(fault.Field == field, $"{what}: {fault}");
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ValidRequests), DisableDiscoveryEnumeration = true)]
    public void A_valid_request_has_no_fault(string what, DeployRequest request)
    {
        Assert.True(DeployRequestValidator.Validate(request).Count == 0, what);
        DeployRequestValidator.ThrowIfInvalid(request);
    }

    [Fact]
    public void Every_fault_is_reported_at_once()
    {
        var request = new DeployRequest
        {
            Name = "Web!",
            Namespace = "a b",
            Type = "jar",
            Artifact = "\0",
            Argv = ["\0", null!],
            Environment = new Dictionary<string, string> { [""] = "", ["A"] = "\0" },
            TriggerSubjects = ["a b"],
            Hash = "x",
            RetryCount = -1,
            Limits = new() { MemoryBytes = -1, Cpus = -1, Pids = -1 },
            GracePeriod = TimeSpan.FromDays(1),
        };

        string[] fields = [.. DeployRequestValidator.Validate(request).Select(fault => fault.Field)];

        Assert.Equal(
            [
                "name", "namespace", "type", "artifact", "argv[0]", "argv[1]", "environment", "environment.A", "trigger_subjects", "trigger_subjects[0]",
                "hash", "retry_count", "limits.memory_bytes", "limits.cpus", "limits.pids", "grace_period",
            ],
            fields);
    }

    [Fact]
    public void A_megabyte_of_arguments_is_too_much_in_one_and_in_all()
    {
        DeployRequest request = Valid with { Argv = [new string('x', 1024 * 1024)] };

        Assert.Equal(["argv[0]", "argv, environment"], DeployRequestValidator.Validate(request).Select(fault => fault.Field));
    }

    [Fact]
    public void The_exception_lists_every_fault()
    {
        DeployRequest request = Valid with { Name = "Web", RetryCount = -1 };

        InvalidDeployRequestException failure =
            Assert.Throws<InvalidDeployRequestException>(() => DeployRequestValidator.ThrowIfInvalid(request));

        Assert.Equal(2, failure.Faults.Count);
        Assert.StartsWith("The deploy request for workload 'Web' is invalid: name: must be", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("; retry_count: must not be negative", failure.Message, StringComparison.Ordinal);
    }

    private static DeployRequest WithVariable(string name, string value) =>
        Valid with { Environment = new Dictionary<string, string> { [name] = value } };

    private static DeployRequest WithTrigger(string subject) => Valid with { Type = "wasm", TriggerSubjects = [subject] };
}
