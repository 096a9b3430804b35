using System.Globalization;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms;

/// <summary>As many machines as somebody would run on one small host.</summary>
public sealed class FiftyClonesTests
{
    private const int Clones = 50;

    [Fact]
    public async Task Fifty_clones_are_alive_at_once_share_their_memory_and_leave_nothing()
    {
        // The template is made, and what the runtime opens once is open, before anything is counted.
        await (await RealManager.StartAsync(Sandbox.Qemu)).DisposeAsync();
        string[] descriptors = OpenDescriptors.List();
        ProcessIdentity[] machines;
        await using (RealManager manager = RealManager.Create(RealManager.OptionsOf(Sandbox.Qemu) with { PoolSize = Clones }))
        {
            await StartAsync(manager);
            machines = Machines(manager);

            Assert.Equal((PoolState.Full, Clones), (manager.Manager.Status.State, manager.Manager.Status.Warm));
            Assert.Equal(Clones, machines.Length);
            Assert.All(machines, machine => Assert.True(machine.IsAlive));
            Assert.InRange(machines.Sum(ProportionalMebibytes), 1, Clones * manager.Options.MicroVm.MemoryMiB / 2);
        }

        Assert.All(machines, machine => Assert.False(machine.IsAlive));
        Assert.Empty(OpenDescriptors.Since(descriptors));
    }

    /// <summary>Each one has its own deadline: how long fifty take is up to the host.</summary>
    private static async Task StartAsync(RealManager manager)
    {
        await manager.Manager.StartAsync(manager.Delegate).Within();
        for (int count = 1; count <= Clones; count++)
        {
            _ = await manager.Delegate.Started.CountAsync(count);
        }
    }

    /// <summary>The processes that the manager has written down for a manager that would have to end them.</summary>
    private static ProcessIdentity[] Machines(RealManager manager) =>
    [
        .. Directory.GetFiles(manager.Options.RunDirectory, "process", SearchOption.AllDirectories)
            .Select(file => ProcessIdentity.TryParse(File.ReadAllText(file), out ProcessIdentity identity) ? identity : default),
    ];

    /// <summary>What a process has to itself, and its part of what it shares.</summary>
    private static double ProportionalMebibytes(ProcessIdentity process)
    {
        const string field = "Pss:";
        string line = File.ReadLines($"/proc/{process.ProcessId}/smaps_rollup").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
