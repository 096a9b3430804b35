using System.Diagnostics;
using Nex.Demo.Display;
using Nex.Demo.Host;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Demo;

/// <summary>What the acts share: one workload manager with its pool, and busybox as the artifact of all workloads.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly ArtifactCache _artifacts;
    private readonly string _sha256;

    private Stage(
        IProcessManager processes, ArtifactCache artifacts, AgentProcesses agents, Playground playground, ProcessManagerOptions options, string busybox, string sha256,
        IDisplay display, Checks checks)
    {
        _artifacts = artifacts;
        Playground = playground;
        Options = options;
        BusyboxPath = busybox;
        _sha256 = sha256;
        Source = ArtifactSource.File(busybox);
        Workloads = new WorkloadManager(processes, artifacts, new WorkloadManagerOptions
        {
            Restarts = new RestartOptions { InitialDelay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(2) },
        });
        Agents = agents;
        Pool = new PoolWatch(processes);
        Board = new Board(processes);
        Display = display;
        Checks = checks;
    }

    internal Playground Playground { get; }

    internal ProcessManagerOptions Options { get; }

    internal string BusyboxPath { get; }

    internal WorkloadManager Workloads { get; }

    internal ArtifactSource Source { get; }

    internal AgentProcesses Agents { get; }

    internal PoolWatch Pool { get; }

    internal Board Board { get; }

    internal IDisplay Display { get; }

    internal Checks Checks { get; }

    internal Figures Figures { get; } = new();

    internal static async Task<Stage> OpenAsync(
        Playground playground, ProcessManagerOptions options, string busybox, IDisplay display, Checks checks)
    {
        var artifacts = new ArtifactCache(new ArtifactCacheOptions { Directory = playground.ArtifactDirectory });
        using ArtifactLease lease = await artifacts.AddFileAsync(busybox, cancellationToken: CancellationToken.None);
        display.Line($"artifact: {busybox}, {Figures.Megabytes(lease.Size)}, cached as {lease.Sha256[..12]}…");
        IProcessManager processes = ProcessManagerFactory.Create(
            options with
            {
                RunDirectory = playground.RunDirectory,
                MicroVm = options.MicroVm with { TemplateDirectory = playground.TemplateDirectory },
            },
            options.Sandbox == Sandbox.Qemu ? new DisplayLog(display) : null);
        var agents = new AgentProcesses(options.Sandbox, playground.RunDirectory);
        return new Stage(processes, artifacts, agents, playground, options, busybox, lease.Sha256, display, checks);
    }

    /// <summary>By this, in their environment, the processes of a workload are found on the host.</summary>
    internal string MarkOf(string name) => $"{Playground.Marker}-{name}";

    /// <summary>Asks for busybox, which runs the program that its first argument names.</summary>
    internal DeployRequest Busybox(string name, params string[] argv) => new()
    {
        Name = name,
        Argv = argv,
        Hash = _sha256,
        Environment = new Dictionary<string, string> { ["NEX_DEMO"] = MarkOf(name) },
        GracePeriod = TimeSpan.FromSeconds(2),
    };

    /// <summary>Deploys a workload, shows it, and notes how long it took until its program ran.</summary>
    internal async Task<Workload> DeployAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        Workload workload = await Workloads.DeployAsync(request, Source, cancellationToken);
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        Board.Follow(workload);
        Figures.Add($"deploy to running, {request.Name}", took);
        Display.Line($"{request.Name} runs after {Figures.Text(took)}, on agent {workload.AgentId}");
        return workload;
    }

    /// <summary>Stops a workload, and notes how long it took until nothing of it was left.</summary>
    internal async Task<WorkloadResult> StopAsync(Workload workload, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        WorkloadResult result = await workload.StopAsync(cancellationToken);
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        Figures.Add($"stop, {workload.Request.Name}", took);
        Display.Line($"{workload.Request.Name} stopped in {Figures.Text(took)}");
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await Workloads.DisposeAsync();
        _artifacts.Dispose();
    }
}
