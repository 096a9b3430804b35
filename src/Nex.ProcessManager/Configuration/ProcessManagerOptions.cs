using Nex.Linux;

namespace Nex.ProcessManager.Configuration;

/// <summary>How a process manager runs its agents. Immutable; checked as a whole when a manager is created.</summary>
public sealed record ProcessManagerOptions
{
    /// <summary>How many agents are kept warm, 1 to 10,000. 1 by default.</summary>
    public int PoolSize { get; init; } = 1;

    /// <summary>What separates agents from the host. <see cref="Sandbox.Namespaces"/> by default.</summary>
    public Sandbox Sandbox { get; init; } = Sandbox.Namespaces;

    /// <summary>The network of <see cref="Sandbox.Namespaces"/>. <see cref="SandboxNetwork.Isolated"/> by default.</summary>
    public SandboxNetwork Network { get; init; } = SandboxNetwork.Isolated;

    /// <summary>The machines of <see cref="Sandbox.Qemu"/> and <see cref="Sandbox.Firecracker"/>.</summary>
    public MicroVmOptions MicroVm { get; init; } = new();

    /// <summary>The native agent; in a microVM it is part of the image. By default <c>nex-agent</c> beside the program that uses this library.</summary>
    public string AgentPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "nex-agent");

    /// <summary>
    /// Where the manager keeps what lives only as long as it: a directory that it makes, with mode 0700 or, for root, 0711. Agents are executed
    /// there, but for those in microVMs. By default <c>/run/nex</c> for root, or <c>/var/lib/nex-run</c> where <c>/run</c> is mounted with
    /// <c>noexec</c>, as by Debian; <c>$XDG_RUNTIME_DIR/nex</c> for others, or <c>nex-UID</c> in the temporary directory where that is not set
    /// or has <c>noexec</c>.
    /// </summary>
    public string RunDirectory { get; init; } = DefaultRunDirectory();

    /// <summary>How many agents are started at the same time. By default as many as there are processors.</summary>
    public int MaxConcurrentStarts { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// How long the whole start of an agent may take: its launch, its hello, and what the host prepares for it. What takes longer is given up
    /// as a failed start. 10 seconds by default.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an agent is asked whether it is alive. 10 seconds by default.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it has to answer. 5 seconds by default.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an agent has to end by itself once its link is closed, before it is killed. 2 seconds by default.</summary>
    public TimeSpan ExitTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long stopping the whole manager may take before everything is killed. 30 seconds by default.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many starts may fail in a row before <see cref="IProcessManager.StartAsync"/> gives up. 3 by default.</summary>
    public int StartFailureLimit { get; init; } = 3;

    /// <summary>
    /// How long to wait after a first failed start; doubled with each further one. 100 milliseconds by default. An agent that ends by itself,
    /// without a workload and sooner than <see cref="MaxStartBackoff"/> after it became warm, is a failed start in this.
    /// </summary>
    public TimeSpan StartBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait between failing starts. 30 seconds by default.</summary>
    public TimeSpan MaxStartBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most processes and threads of a workload whose request names no limit, where the host can count them; null for none. 512 by
    /// default.
    /// </summary>
    public int? DefaultPidsLimit { get; init; } = 512;

    /// <summary>
    /// The size in bytes of each of the three writable directories of a <see cref="Sandbox.Namespaces"/> sandbox, its working
    /// directory, <c>/tmp</c> and <c>/dev/shm</c>. They are in memory and vanish with the agent. 64 MiB by default.
    /// </summary>
    public long WorkspaceBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The host's user and group that agents of a <see cref="Sandbox.Namespaces"/> sandbox run as when the node is root. 65534
    /// (<c>nobody</c>) by default. When the node is not root, they run as its user.
    /// </summary>
    public uint SandboxUserId { get; init; } = 65534;

    /// <summary>
    /// The cgroup v2 directory below which each agent gets a cgroup of its own; where none can be made there, the manager does not start. By
    /// default the cgroup that this process is in; where none can be made there, agents have none.
    /// </summary>
    public string? CgroupParent { get; init; }

    /// <summary>Whether each agent has a machine of its own.</summary>
    internal bool IsMicroVm => Sandbox is Sandbox.Qemu or Sandbox.Firecracker;

    /// <summary>How long a taken agent is not replaced for the sake of its deploy, while that is on its way or has not come, and nobody waits for an agent.</summary>
    internal TimeSpan ReplacementDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The user that gives up root to run a machine; null where this process is not root, and machines run as its user.</summary>
    internal uint? MachineUserId => ProcessControl.EffectiveUserId == 0 ? SandboxUserId : null;

    /// <summary>How long a start may take in the configured sandbox.</summary>
    internal TimeSpan EffectiveStartTimeout => IsMicroVm && MicroVm.BootTimeout > StartTimeout ? MicroVm.BootTimeout : StartTimeout;

    /// <summary>The first of some directories in which programs can be executed; the first of all where there is none.</summary>
    internal static string FirstWithPrograms(params string[] directories) =>
        Array.Find(directories, ProgramFile.MayBeIn) ?? directories[0];

    private static string DefaultRunDirectory()
    {
        if (ProcessControl.EffectiveUserId == 0)
        {
            return FirstWithPrograms("/run/nex", "/var/lib/nex-run");
        }

        string temporary = Path.Combine(Path.GetTempPath(), $"nex-{ProcessControl.EffectiveUserId}");
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return string.IsNullOrEmpty(runtime) ? temporary : FirstWithPrograms(Path.Combine(runtime, "nex"), temporary);
    }
}
