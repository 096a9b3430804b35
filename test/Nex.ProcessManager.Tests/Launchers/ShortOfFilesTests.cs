using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers;

/// <summary>A node that can open no more files for a while, which starts nothing then, and can remove nothing that has to be opened for it.</summary>
public sealed class ShortOfFilesTests
{
    [Theory]
    [InlineData(Sandbox.None)]
    [InlineData(Sandbox.Namespaces)]
    public async Task What_agents_had_is_removed_when_files_can_be_opened_again(Sandbox sandbox)
    {
        await RealManager.SkipUnlessAvailableAsync(RealManager.OptionsOf(sandbox));
        using var directory = new TempDirectory();
        await using NodeProgram node = await NodeProgram.StartAsync(RealManager.OptionsOf(sandbox), directory["run"], 1);
        string agents = Directory.GetDirectories(directory["run"]).Single();
        using var watch = new DirectoryWatch(agents);
        string first = node.Agents.Single();

        // Nothing more at all: what the agent that ends had open makes no room for the next.
        await LimitFilesAsync(node, "3:");
        Assert.True(LiveProcesses.Agent(first).Identity.TryKill());
        // That a second one is tried means that the first has failed.
        IReadOnlyList<string> tried = await watch.Made.CountAsync(2);
        Assert.Single(node.Agents);
        await LimitFilesAsync(node, "4096:");

        await node.Lines.CountAsync(line => line.StartsWith("agent ", StringComparison.Ordinal), 2);
        foreach (string gone in tried.Take(1).Prepend(first))
        {
            _ = await watch.Removed.FirstAsync(name => name == gone);
        }

        Assert.Equal([node.Agents[1]], Directory.GetDirectories(agents).Select(Path.GetFileName));
    }

    private static async Task LimitFilesAsync(NodeProgram node, string limit) =>
        _ = await CommandRun.RunAsync("/usr/bin/prlimit", ["--pid", $"{node.ProcessId}", $"--nofile={limit}"], CancellationToken.None);

    /// <summary>Tells what is made in a directory, and removed from it.</summary>
    private sealed class DirectoryWatch : IDisposable
    {
        private readonly FileSystemWatcher _watcher;

        internal DirectoryWatch(string path)
        {
            _watcher = new FileSystemWatcher(path) { NotifyFilter = NotifyFilters.DirectoryName };
            _watcher.Created += (_, change) => Made.Add(change.Name!);
            _watcher.Deleted += (_, change) => Removed.Add(change.Name!);
            _watcher.EnableRaisingEvents = true;
        }

        internal Milestones<string> Made { get; } = new();

        internal Milestones<string> Removed { get; } = new();

        public void Dispose() => _watcher.Dispose();
    }
}
