using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>A process manager with the real agent. When the test is over it is stopped, and nothing of it may be left on the host.</summary>
internal sealed class RealManager : IAsyncDisposable
{
    /// <summary>The cgroup of this process, as it is on a host that has none.</summary>
    internal const string NoCgroup = "/nowhere";

    private readonly TempDirectory _directory = new();
    private readonly IReadOnlyList<string> _cgroupsBefore = HostCgroup.OfThisProcess();

    private RealManager(ProcessManagerOptions options, string? runDirectory, Func<RealManager, IProcessManager>? create)
    {
        Options = options with { RunDirectory = runDirectory ?? _directory["run"] };
        Manager = create?.Invoke(this) ?? ProcessManagerFactory.Create(Options, Log);
    }

    /// <summary>The sandboxes that every test of real agents is run with.</summary>
    public static TheoryData<Sandbox> Sandboxes => [Sandbox.None, Sandbox.Namespaces];

    internal ProcessManagerOptions Options { get; }

    internal IProcessManager Manager { get; }

    internal LogRecorder Log { get; } = new();

    internal DelegateRecorder Delegate { get; } = new();

    /// <summary>The options of a test. Waits are long, so that a slow host is not taken for a broken agent.</summary>
    internal static ProcessManagerOptions OptionsOf(Sandbox sandbox) => new()
    {
        Sandbox = sandbox,
        StartTimeout = TimeSpan.FromSeconds(20),
        PingTimeout = TimeSpan.FromSeconds(20),
        ExitTimeout = TimeSpan.FromSeconds(20),
        MicroVm = GuestFiles.Machines,
    };

    /// <summary>A manager that has not been started.</summary>
    /// <param name="runDirectory">By default one of its own.</param>
    /// <param name="create">Makes it; by default as its options say.</param>
    internal static RealManager Create(
        ProcessManagerOptions options, string? runDirectory = null, Func<RealManager, IProcessManager>? create = null) =>
        new(options, runDirectory, create);

    /// <summary>A manager with a full pool.</summary>
    internal static Task<RealManager> StartAsync(Sandbox sandbox) => StartAsync(OptionsOf(sandbox));

    internal static Task<RealManager> StartAsync(ProcessManagerOptions options) => StartAsync(Create(options));

    /// <summary>The same, as on a host where no cgroup can be made.</summary>
    internal static Task<RealManager> StartWithoutCgroupsAsync(ProcessManagerOptions options) => StartAsync(Create(options, create: WithoutCgroups));

    private static FakeProcessManager WithoutCgroups(RealManager manager) => new(
        manager.Options, new SpawnLauncher(manager.Options, manager.Log) { OwnCgroup = NoCgroup }, TimeProvider.System, manager.Log);

    private static async Task<RealManager> StartAsync(RealManager manager)
    {
        await SkipUnlessAvailableAsync(manager.Options);
        await manager.FillAsync();
        return manager;
    }

    /// <summary>Starts it, and waits until its pool is full.</summary>
    internal async Task FillAsync()
    {
        await Manager.StartAsync(Delegate).Within();
        _ = await Delegate.Started.CountAsync(Options.PoolSize);
    }

    internal static async Task SkipUnlessAvailableAsync(ProcessManagerOptions options)
    {
        string? missing = await ProcessManagerFactory.ProbeAsync(options).Within();
        Assert.SkipWhen(missing is not null, missing ?? "");
        Assert.SkipWhen(
            options.Sandbox is not (Sandbox.None or Sandbox.Namespaces) && !File.Exists(options.MicroVm.KernelPath),
            $"There is no kernel for microVMs: {options.MicroVm.KernelPath} is what ./build.sh build fetches.");
    }

    /// <summary>The process of the host that was started for an agent: the agent itself, what is around it, or its machine.</summary>
    internal ProcessIdentity ProcessOf(string agentId) =>
        Directory.EnumerateDirectories(Options.RunDirectory, agentId, SearchOption.AllDirectories).Select(RunDirectory.Recorded).Single()
            ?? throw new InvalidOperationException($"No process was written down for agent {agentId}.");

    /// <summary>Runs a program of test/programs on the next agent.</summary>
    internal Task<RealWorkload> DeployAsync(string program, params string[] argv) =>
        DeployAsync(new DeployRequest { Name = "program", Argv = argv }, program);

    internal Task<RealWorkload> DeployAsync(DeployRequest request, string program) => DeployAsync(request, program, new ObserverRecorder());

    internal async Task<RealWorkload> DeployAsync(DeployRequest request, string program, ObserverRecorder observer)
    {
        string id = await Manager.PrepareNextWorkloadAsync(request).Within();
        IAgent agent = Manager.GetAgent(id);
        ArtifactFile artifact = TestPrograms.Artifact(program);
        using (artifact.Handle)
        {
            await agent.DeployAsync(artifact, observer).Within();
        }

        return new RealWorkload(agent, observer);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote.</returns>
    internal async Task<IReadOnlyList<string>> RunAsync(string program, params string[] argv)
    {
        RealWorkload workload = await DeployAsync(program, argv);
        WorkloadExit exit = await workload.Observer.ExitAsync();
        Assert.True(exit.IsSuccess, $"It ended with {exit}, and wrote: {string.Join('\n', workload.Observer.Texts)}");
        return workload.Observer.Texts;
    }

    public async ValueTask DisposeAsync()
    {
        using (_directory)
        {
            await Manager.StopAsync().Within();
            AssertNothingIsLeft();
        }
    }

    /// <summary>No process, no directory and no cgroup.</summary>
    internal void AssertNothingIsLeft()
    {
        Assert.Empty(LiveProcesses.With(Options.RunDirectory));
        Assert.Empty(Delegate.Started.Reached.SelectMany(LiveProcesses.With));
        if (Directory.Exists(Options.RunDirectory))
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(Options.RunDirectory));
        }

        Assert.Empty(HostCgroup.OfThisProcess().Except(_cgroupsBefore));
        Assert.Empty(Delegate.Faults);
    }
}

/// <summary>A workload that was deployed.</summary>
internal sealed record RealWorkload(IAgent Agent, ObserverRecorder Observer)
{
    internal string Id => Agent.Id;

    /// <summary>Waits for a line such as <c>child 17</c>, and returns its number.</summary>
    internal async Task<int> NumberAsync(string word)
    {
        OutputLine line = await Observer.Lines.FirstAsync(line => line.Text.StartsWith(word + " ", StringComparison.Ordinal));
        return int.Parse(line.Text[(word.Length + 1)..]);
    }
}
