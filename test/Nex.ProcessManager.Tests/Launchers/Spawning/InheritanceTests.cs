using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
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
    public async Task An_agent_gets_nothing_of_the_nodes_environment(Sandbox sandbox)
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
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task An_agent_gets_no_descriptor_of_the_node(Sandbox sandbox)
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
    }
}
