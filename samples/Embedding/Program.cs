// Runs other programs on agents that are warm before any work arrives. It needs busybox, and bubblewrap for the sandbox:
//     apt-get install busybox-static bubblewrap
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

// Four agents, each in a sandbox of its own. Where the host cannot make one, plain processes do for programs that you trust.
var options = new ProcessManagerOptions { PoolSize = 4 };
if (await ProcessManagerFactory.ProbeAsync(options) is { } missing)
{
    Console.WriteLine($"{missing} Agents run without a sandbox.");
    options = options with { Sandbox = Sandbox.None };
}

// The cache keeps each program once, for later runs too; the manager takes agents from the pool and follows what runs on them.
var cacheOptions = new ArtifactCacheOptions { Directory = Path.Combine(AppContext.BaseDirectory, "cache") };
using var artifacts = new ArtifactCache(cacheOptions);
// Disposing of the manager stops everything.
await using var manager = new WorkloadManager(ProcessManagerFactory.Create(options), artifacts);
await manager.StartAsync();

// A program: any ELF file, its arguments, and nothing else. DeployAsync returns when it runs; its log ends when it does.
var busybox = ArtifactSource.File("/usr/bin/busybox");
var request = new DeployRequest { Name = "counter", Argv = ["sh", "-c", "echo counting; seq 1 100000 | wc -l"] };
Workload counter = await manager.DeployAsync(request, busybox);
await foreach (LogLine line in counter.ReadLogsAsync())
{
    Console.WriteLine($"counter: {line.Text}");
}

Console.WriteLine($"counter ended with {(await counter.Completion).Exit}");

// An essential program is started again, on another agent, whenever it ends with anything but success.
request = new DeployRequest { Name = "crasher", Argv = ["sh", "-c", "exit 3"], Essential = true };
Workload crasher = await manager.DeployAsync(request, busybox);
await foreach (WorkloadEvent item in crasher.ReadEventsAsync())
{
    Console.WriteLine($"crasher: {item.Kind} {item.Exit} {item.Delay}");
    if (item is { Kind: WorkloadEventKind.Started, RetryCount: 1 })
    {
        break;
    }
}

WorkloadResult result = await crasher.StopAsync();
Console.WriteLine($"crasher: {result.Reason}, after {result.RetryCount} restart(s)");
