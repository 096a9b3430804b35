using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Workloads.Tests;

/// <summary>What tests with real agents share: a manager in each sandbox, of which nothing is left afterwards.</summary>
public abstract class RealWorkloadTest
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Sandbox> Sandboxes => [Sandbox.None, Sandbox.Namespaces];

    /// <summary>Runs a test against a started manager, and then makes sure that nothing is left.</summary>
    private protected static async Task RunAsync(Sandbox sandbox, Func<WorkloadManager, Task> test)
    {
        using var directory = new TempDirectory();
        var options = new ProcessManagerOptions { PoolSize = 2, Sandbox = sandbox, RunDirectory = directory["run"] };
        string? missing = await ProcessManagerFactory.ProbeAsync(options, Token);
        Assert.SkipWhen(missing is not null, missing ?? "");

        using (var cache = new ArtifactCache(new ArtifactCacheOptions { Directory = directory["artifacts"] }))
        {
            var restarts = new RestartOptions { InitialDelay = TimeSpan.FromMilliseconds(20), MaxFailures = 3 };
            await using var manager = new WorkloadManager(
                ProcessManagerFactory.Create(options), cache, new WorkloadManagerOptions { Restarts = restarts });
            await manager.StartAsync(Token).Within();
            await test(manager);
        }

        Assert.Empty(LiveProcesses.With(directory.Path));
        Assert.Empty(Directory.GetDirectories(directory["run"]));
    }

    private protected static Task<Workload> DeployAsync(WorkloadManager manager, string program, params string[] argv) =>
        manager.DeployAsync(Request(argv), ArtifactSource.File(TestPrograms.Path(program)), Token).Within();

    private protected static DeployRequest Request(params string[] argv) => new() { Name = "real", Argv = argv };

    /// <summary>The pool is as good as new: a program runs on it to its end.</summary>
    private protected static async Task AssertPoolIsWholeAsync(WorkloadManager manager)
    {
        Workload workload = await DeployAsync(manager, "exit", "42");
        Assert.Equal(42, (await workload.Completion.Within()).Exit.Code);
    }

    private protected static async Task<List<string>> LinesAsync(Workload workload)
    {
        var lines = new List<string>();
        await foreach (LogLine line in workload.ReadLogsAsync(Token))
        {
            lines.Add(line.Text);
        }

        return lines;
    }
}
