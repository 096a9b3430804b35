using Microsoft.Extensions.Logging;
using NATS.NKeys;

namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of the node itself.</summary>
internal static class NodeKeys
{
    internal static readonly KeyList List = new();

    internal static readonly ConfigurationKey<string> Name = List.Text(
        "node_name", ValueFormats.TextWhere("a text of at most 255 characters", IsName), "none", "A name for people, shown by `nex node ls`.");

    internal static readonly ConfigurationKey<string> DataDirectory = List.FilePath(
        "data_dir",
        "`/var/lib/nex` for root, else `$XDG_DATA_HOME/nex` or `~/.local/share/nex`",
        "Where the node keeps its identity, its artifacts and its private nats-server's data. Only one node at a time uses it.");

    internal static readonly ConfigurationKey<IReadOnlyDictionary<string, string>> Tags = List.Map(
        "tags", "What clients can choose nodes by. Tags that a flag or the environment names are added to those of the file.");

    internal static readonly ConfigurationKey<IReadOnlyList<string>> ValidIssuers = List.List(
        "valid_issuers", "public account nkeys (A…)", IsAccount, "everybody", "Who may run workloads here: the accounts that sign their claims. Where it is empty, everybody who reaches the node may.");

    internal static readonly ConfigurationKey<IReadOnlyList<string>> WorkloadTypes = List.List(
        "workload_types", "workload types (elf, native, v8, wasm, oci)", IsType, "`elf`", "The types of workload that this node takes. Types that its agents cannot run are left out, with a warning.");

    internal static readonly ConfigurationKey<bool> RequireWorkloadHash = List.Flag(
        "require_workload_hash", false, "Whether claims must name the SHA-256 of the artifact. One that is named is always compared.");

    internal static readonly ConfigurationKey<long> MaxArtifactBytes = List.Integer(
        "max_artifact_bytes", 512L * 1024 * 1024, 1, long.MaxValue, "The size in bytes of the largest artifact that is taken. As long as a workload runs from it, it is whole in memory, once for all that do.");

    internal static readonly ConfigurationKey<long> ArtifactCacheBytes = List.Integer(
        "artifact_cache_bytes", 1024L * 1024 * 1024, 1, long.MaxValue, "The most bytes that artifacts take on disk, and those that are in use or arriving in memory too.");

    internal static readonly ConfigurationKey<long> ArtifactMemoryBytes = List.Integer(
        "artifact_memory_bytes", 64L * 1024 * 1024, 0, long.MaxValue, "The most bytes of memory, on top of that, for artifacts that nobody uses now, so that their next use is instant.");

    internal static readonly ConfigurationKey<TimeSpan> HeartbeatInterval = List.Milliseconds(
        "heartbeat_interval_ms", TimeSpan.FromSeconds(30), "How often the node says that it is alive.");

    internal static readonly ConfigurationKey<TimeSpan> DeployTimeout = List.Milliseconds(
        "deploy_timeout_ms", TimeSpan.FromSeconds(60), "How long a deploy may take, its artifact and its wait for an agent included.", most: TimeSpan.FromHours(1));

    internal static readonly ConfigurationKey<long> MaxConcurrentRequests = List.Integer(
        "max_concurrent_requests", 256, 1, 100_000, "How many requests are worked on at once. One that comes while there are as many is refused.");

    internal static readonly ConfigurationKey<long> MaxBufferedMessages = List.Integer(
        "max_buffered_messages", 65_536, 16, int.MaxValue, "How many messages wait to be published while NATS is away; the oldest log lines are dropped first.");

    internal static readonly ConfigurationKey<long> MaxBufferedBytes = List.Integer(
        "max_buffered_bytes", 32L * 1024 * 1024, 64 * 1024, long.MaxValue, "How many bytes those have.");

    internal static readonly ConfigurationKey<long> MaxClaimsAge = List.Integer(
        "max_claims_age_ms", "any age", 1, long.MaxValue / TimeSpan.TicksPerMillisecond, "How old the claims of a request may be, in milliseconds.");

    internal static readonly ConfigurationKey<TimeSpan> UsedClaimsMemory = List.Milliseconds(
        "used_claims_memory_ms", TimeSpan.FromDays(1), "For how long used claims are remembered, so that they cannot be used again.");

    internal static readonly ConfigurationKey<long> MaxUsedClaims = List.Integer(
        "max_used_claims", 100_000, 1, int.MaxValue, "How many used claims are remembered.");

    internal static readonly ConfigurationKey<bool> StopAfterLastWorkload = List.Flag(
        "stop_after_last_workload", false, "Whether a node in lame duck mode ends when its last workload has ended.");

    internal static readonly ConfigurationKey<TimeSpan> StopTimeout = List.Milliseconds(
        "stop_timeout_ms", TimeSpan.FromSeconds(30), "How long workloads have to end when they are stopped with the node; what still runs then is killed.");

    internal static readonly ConfigurationKey<TimeSpan> DrainTimeout = List.Milliseconds(
        "drain_timeout_ms", TimeSpan.FromSeconds(10), "How long workloads may run on, and end by themselves, when the node is asked to end. Then they are stopped. A second signal ends everything at once.", least: 0);

    internal static readonly ConfigurationKey<LogLevel> LogLevel = List.Choice(
        "log_level",
        Microsoft.Extensions.Logging.LogLevel.Information,
        "`info`",
        "How much the node writes about itself to its standard error.",
        ("trace", Microsoft.Extensions.Logging.LogLevel.Trace),
        ("debug", Microsoft.Extensions.Logging.LogLevel.Debug),
        ("info", Microsoft.Extensions.Logging.LogLevel.Information),
        ("warn", Microsoft.Extensions.Logging.LogLevel.Warning),
        ("error", Microsoft.Extensions.Logging.LogLevel.Error),
        ("none", Microsoft.Extensions.Logging.LogLevel.None));

    internal static readonly ConfigurationKey<long> MaxLogLines = List.Integer(
        "max_log_lines", 4096, 1, int.MaxValue, "How many of the last lines of each workload are kept for those that publish them.");

    internal static readonly ConfigurationKey<long> MaxLogCharacters = List.Integer(
        "max_log_characters", 1024 * 1024, 1, int.MaxValue, "How many characters those have together.");

    internal static readonly ConfigurationKey<TimeSpan> RestartInitialDelay = List.Milliseconds(
        "restarts.initial_delay_ms", TimeSpan.FromMilliseconds(500), "Essential workloads: the wait before a first restart, doubled with each further one.");

    internal static readonly ConfigurationKey<TimeSpan> RestartMaxDelay = List.Milliseconds(
        "restarts.max_delay_ms", TimeSpan.FromSeconds(30), "The longest wait.");

    internal static readonly ConfigurationKey<long> RestartMaxFailures = List.Integer(
        "restarts.max_failures", 10, 1, int.MaxValue, "How many failures are too many: the workload is then given up.");

    internal static readonly ConfigurationKey<TimeSpan> RestartHalfLife = List.Milliseconds(
        "restarts.half_life_ms", TimeSpan.FromMinutes(5), "The time in which half of the failures are forgotten.");

    private static bool IsName(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= NodeOptions.MaxNameCharacters && !text.Any(char.IsControl);

    private static bool IsAccount(string key)
    {
        try
        {
            return KeyPair.IsValidPublicKey(PrefixByte.Account, key);
        }
        catch (Exception failure) when (failure is NKeysException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            // The library says so of what is no key at all.
            return false;
        }
    }

    private static bool IsType(string type) => Protocol.Workloads.WorkloadTypes.Canonical(type) is not null;
}
