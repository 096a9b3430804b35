using Nex.ProcessManager.Configuration;

namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of the pool of agents and of the sandbox that they are in.</summary>
internal static class AgentKeys
{
    internal static readonly KeyList List = new();

    internal static readonly ConfigurationKey<Sandbox> Sandbox = List.Choice(
        "sandbox",
        ProcessManager.Configuration.Sandbox.Namespaces,
        "see below",
        "What separates workloads from the host and from each other.",
        ("none", ProcessManager.Configuration.Sandbox.None),
        ("namespaces", ProcessManager.Configuration.Sandbox.Namespaces),
        ("qemu", ProcessManager.Configuration.Sandbox.Qemu),
        ("firecracker", ProcessManager.Configuration.Sandbox.Firecracker));

    internal static readonly ConfigurationKey<bool> NoSandbox = List.Flag("no_sandbox", false, "`true` is the same as `\"sandbox\": \"none\"`.");

    internal static readonly ConfigurationKey<long> PoolSize = List.Integer("machine_pool_size", 1, 1, 10_000, "How many agents are kept warm.");

    internal static readonly ConfigurationKey<SandboxNetwork> Network = List.Choice(
        "sandbox_network",
        SandboxNetwork.Isolated,
        "`isolated`",
        "The network of workloads in `namespaces`: a loopback interface of their own, or that of the host. MicroVMs have none yet: `host` is refused with them. What a workload gets is said here alone, and by no key of a deploy request.",
        ("isolated", SandboxNetwork.Isolated),
        ("host", SandboxNetwork.Host));

    internal static readonly ConfigurationKey<string> AgentPath = List.FilePath("agent_path", "`nex-agent` beside `nex`", "The agent.");

    internal static readonly ConfigurationKey<string> RunDirectory = List.FilePath(
        "run_dir", "`/run/nex` for root, or `/var/lib/nex-run` where `/run` is mounted with `noexec`; else `$XDG_RUNTIME_DIR/nex`, or `nex-UID` in the temporary directory",
        "Where the node keeps what lives only as long as it, and executes its agents. Nodes can share it, in containers too: what one left that is gone is removed when the next starts.");

    internal static readonly ConfigurationKey<TimeSpan> HandshakeTimeout = List.Milliseconds(
        "agent_handshake_timeout_ms", TimeSpan.FromSeconds(5), "How long an agent may take from its start until it is warm. For a microVM `boot_timeout_ms` counts where it is longer.");

    internal static readonly ConfigurationKey<long> MaxConcurrentStarts = List.Integer(
        "max_concurrent_starts", "the number of processors", 1, 1000, "How many agents are started at the same time.");

    internal static readonly ConfigurationKey<TimeSpan> PingInterval = List.Milliseconds(
        "ping_interval_ms", TimeSpan.FromSeconds(10), "How often an agent is asked whether it is alive.");

    internal static readonly ConfigurationKey<TimeSpan> PingTimeout = List.Milliseconds(
        "ping_timeout_ms", TimeSpan.FromSeconds(5), "How long it has to answer.");

    internal static readonly ConfigurationKey<TimeSpan> ExitTimeout = List.Milliseconds(
        "exit_timeout_ms", TimeSpan.FromSeconds(2), "How long an agent has to end by itself before it is killed.");

    internal static readonly ConfigurationKey<long> StartFailureLimit = List.Integer(
        "start_failure_limit", 3, 1, 1000, "How many starts may fail in a row before the node gives up when it starts.");

    internal static readonly ConfigurationKey<TimeSpan> StartBackoff = List.Milliseconds(
        "start_backoff_ms", TimeSpan.FromMilliseconds(100), "How long to wait after a first failed start, doubled with each further one.");

    internal static readonly ConfigurationKey<TimeSpan> MaxStartBackoff = List.Milliseconds(
        "max_start_backoff_ms", TimeSpan.FromSeconds(30), "The longest wait between failing starts.");

    internal static readonly ConfigurationKey<long> DefaultPidsLimit = List.Integer(
        "default_pids_limit", 512, 0, int.MaxValue, "The most processes and threads of a workload that names no limit; 0 for no limit.");

    internal static readonly ConfigurationKey<long> WorkspaceBytes = List.Integer(
        "workspace_bytes", 64 * 1024 * 1024, 1024 * 1024, long.MaxValue, "The size in bytes of each of a workload's three writable directories in `namespaces`.");

    internal static readonly ConfigurationKey<long> SandboxUserId = List.Integer(
        "sandbox_uid", 65534, 1, int.MaxValue, "The user and group that agents run as where the node is root.");

    internal static readonly ConfigurationKey<string> CgroupParent = List.FilePath(
        "cgroup_parent", "the node's own cgroup", "The cgroup below which each agent gets one of its own.");
}
