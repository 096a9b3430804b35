using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class InheritanceTests
{
    private const string Variable = "NEX_TEST_SECRET";
    private const string Secret = "not for workloads";

    public static TheoryData<Sandbox> Sandboxes => RealManager.Sandboxes;

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task An_agent_and_its_workload_get_nothing_of_the_nodes_environment(Sandbox sandbox)
    {
        Environment.SetEnvironmentVariable(Variable, Secret);
        try
        {
            await using RealManager host = await RealManager.StartAsync(sandbox);
            foreach (LiveProcess process in LiveProcesses.With(host.Delegate.Started.Reached[0]))
            {
                string environment = File.ReadAllText($"/proc/{process.Id}/environ");
                Assert.DoesNotContain(Secret, environment, StringComparison.Ordinal);
                // bubblewrap sets PWD for what it starts.
                Assert.All(environment.Split('\0', StringSplitOptions.RemoveEmptyEntries), entry => Assert.StartsWith("PWD=", entry, StringComparison.Ordinal));
            }

            RealWorkload workload = await host.DeployAsync(
                new DeployRequest
                {
                    Name = "show",
                    Argv = ["environment"],
                    Environment = new Dictionary<string, string> { ["A"] = "1", ["EMPTY"] = "" },
                },
                "show");

            _ = await workload.Observer.ExitAsync();
            Assert.Equal(["A=1", "EMPTY="], string.Concat(workload.Observer.Texts).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order());
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task An_agent_and_its_workload_get_no_descriptor_of_the_node(Sandbox sandbox)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["secret"], Secret);
        using SafeFileHandle file = File.OpenHandle(directory["secret"]);
        using SafeFileHandle inheritable = TestLibc.DuplicateInheritable(file);
        await using RealManager host = await RealManager.StartAsync(sandbox);

        foreach (LiveProcess process in LiveProcesses.With(host.Delegate.Started.Reached[0]))
        {
            string?[] open = [.. Directory.EnumerateFileSystemEntries($"/proc/{process.Id}/fd").Select(entry => new FileInfo(entry).LinkTarget)];
            Assert.NotEmpty(open);
            Assert.DoesNotContain(directory["secret"], open);
            // The link, and standard output and error.
            Assert.InRange(open.Count(target => target!.StartsWith("socket:", StringComparison.Ordinal)), 2, 3);
        }

        Assert.Equal(["0", "1", "2"], (await host.RunAsync("show", "descriptors")).Order());
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Arguments_arrive_whole_and_in_order(Sandbox sandbox)
    {
        string[] argv = ["arguments", "", " ", "a b", "ü€😀", "--", "-x", new string('y', 100_000)];
        await using RealManager host = await RealManager.StartAsync(sandbox);
        RealWorkload workload = await host.DeployAsync(new DeployRequest { Name = "show", Artifact = "https://example.com/bin/shown", Argv = argv }, "show");

        _ = await workload.Observer.ExitAsync();
        string[] shown = string.Concat(workload.Observer.Texts).Split('\0');

        Assert.Equal(["shown", .. argv, ""], shown);
        Assert.Equal(Encoding.UTF8.GetByteCount(argv[^1]), shown[^2].Length);
    }
}
