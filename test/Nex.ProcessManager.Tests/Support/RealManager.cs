using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
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

    private RealManager(ProcessManagerOptions options, bool withCgroups = true)
    {
        Options = options with { RunDirectory = _directory["run"] };
        Manager = withCgroups
            ? ProcessManagerFactory.Create(Options, Log)
            : new FakeProcessManager(Options, new SpawnLauncher(Options, Log) { OwnCgroup = NoCgroup }, TimeProvider.System, Log);
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
    internal static RealManager Create(ProcessManagerOptions options) => new(options);

    /// <summary>A manager with a full pool.</summary>
    internal static Task<RealManager> StartAsync(Sandbox sandbox) => StartAsync(OptionsOf(sandbox));

    internal static Task<RealManager> StartAsync(ProcessManagerOptions options) => StartAsync(new RealManager(options));

    /// <summary>The same, as on a host where no cgroup can be made.</summary>
    internal static Task<RealManager> StartWithoutCgroupsAsync(ProcessManagerOptions options) => StartAsync(new RealManager(options, withCgroups: false));

    private static async Task<RealManager> StartAsync(RealManager manager)
    {
        ProcessManagerOptions options = manager.Options;
        await SkipUnlessAvailableAsync(options);
        await manager.Manager.StartAsync(manager.Delegate).Within();
        _ = await manager.Delegate.Started.CountAsync(options.PoolSize);
        return manager;
    }

    internal static async Task SkipUnlessAvailableAsync(ProcessManagerOptions options)
    {
        string? missing = await ProcessManagerFactory.ProbeAsync(options).Within();
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    /// <summary>Runs a program of test/programs on the next agent.</summary>
    internal Task<RealWorkload> DeployAsync(string program, params string[] argv) =>
        DeployAsync(new DeployRequest { Name = "program", Argv = argv }, program);

    internal async Task<RealWorkload> DeployAsync(DeployRequest request, string program)
    {
        var observer = new ObserverRecorder();
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
        Assert.Empty(LiveProcesses.With(_directory.Path));
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
