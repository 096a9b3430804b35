using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Identifiers;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class SpawnLauncherTests
{
    [Fact]
    public async Task A_launch_that_is_given_up_leaves_nothing()
    {
        using var directory = new TempDirectory();
        await using var launcher = new SpawnLauncher(RealManager.OptionsOf(Sandbox.None) with { RunDirectory = directory["run"] }, new LogRecorder());
        await launcher.OpenAsync(CancellationToken.None).Within();
        string id = SortableId.Create(TimeProvider.System);
        string[] before = OpenDescriptors.List();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => launcher.LaunchAsync(id, new AgentDiagnostics(new LogRecorder(), id), new CancellationToken(canceled: true)).Within());

        Assert.Equal(before, OpenDescriptors.List());
        Assert.Empty(LiveProcesses.With(id));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(directory.Path, "*", SearchOption.AllDirectories), path => path.Contains(id, StringComparison.Ordinal));
    }
}
