// nex-testing-node SANDBOX RUN-DIRECTORY AGENT POOL-SIZE [PROGRAM ARGUMENT...]: fills a pool, deploys the program to one agent of it,
// prints "agent ID" for each agent, "workload ID" and "line TEXT", then "ready", and waits until it is ended.
using System.Reflection;
using System.Security.Cryptography;
using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;

await FurnishAsync();
var options = new ProcessManagerOptions
{
    Sandbox = Enum.Parse<Sandbox>(args[0]),
    RunDirectory = args[1],
    AgentPath = args[2],
    PoolSize = int.Parse(args[3]),
    MicroVm = GuestFiles.Machines with
    {
        KernelPath = Environment.GetEnvironmentVariable("NEX_TEST_KERNEL")!,
        FirecrackerPath = Environment.GetEnvironmentVariable("NEX_TEST_FIRECRACKER")!,
        RequireKvm = bool.Parse(Environment.GetEnvironmentVariable("NEX_TEST_REQUIRE_KVM")!),
        Jailer = Environment.GetEnvironmentVariable("NEX_TEST_JAILER") is { } jailer
            ? new JailerOptions
            {
                Path = jailer,
                ChrootBaseDirectory = Environment.GetEnvironmentVariable("NEX_TEST_JAILS")!,
                UserIdBase = uint.Parse(Environment.GetEnvironmentVariable("NEX_TEST_JAIL_USERS")!),
            }
            : null,
    },
};
await using IProcessManager manager = ProcessManagerFactory.Create(options);
using var warm = new CountdownEvent(options.PoolSize + (args.Length > 4 ? 1 : 0));
await manager.StartAsync(new Printer(warm));
if (args.Length > 4)
{
    using FileStream file = File.OpenRead(args[4]);
    string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
    string id = await manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "program", Argv = args[5..] });
    await manager.GetAgent(id).DeployAsync(new ArtifactFile(file.SafeFileHandle, file.Length, hash), new Observer());
    Console.WriteLine($"workload {id}");
}

warm.Wait();
Console.WriteLine("ready");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);

// Tests leave this program without files. The runtime ends one that cannot open what it wants to load, or the pipe that each of its threads has,
// so that all is loaded now, and all threads are there.
static async Task FurnishAsync()
{
    const int threads = 16;
    LoadWithAll(Assembly.GetExecutingAssembly(), []);
    ThreadPool.SetMinThreads(threads, threads);
    using var together = new Barrier(threads);
    await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(together.SignalAndWait)));
}

static void LoadWithAll(Assembly assembly, HashSet<string> loaded)
{
    foreach (AssemblyName name in assembly.GetReferencedAssemblies().Where(name => loaded.Add(name.FullName)))
    {
        LoadWithAll(Assembly.Load(name), loaded);
    }
}

internal sealed class Printer(CountdownEvent warm) : IProcessDelegate
{
    public void OnProcessStarted(string id)
    {
        Console.WriteLine($"agent {id}");
        if (!warm.IsSet)
        {
            _ = warm.Signal();
        }
    }
}

internal sealed class Observer : IWorkloadObserver
{
    public void OnOutput(OutputLine line) => Console.WriteLine($"line {line.Text}");

    public void OnExited(WorkloadExit exit) => Console.WriteLine($"exit {exit}");
}
