using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Qemu;

public sealed class KvmTrialTests : IDisposable
{
    private static readonly string[] AsMyself = ["/usr/bin/env", "--"];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Its_machine_comes_to_its_end_on_what_runs_ordinary_guests()
    {
        string? qemu = Executables.Find("qemu-system-x86_64");
        Assert.SkipWhen(qemu is null, "There is no qemu-system-x86_64.");

        Assert.Null(await KvmTrial.RunAsync(qemu!, "tcg", AsMyself, TimeProvider.System, CancellationToken.None).Within());
    }

    [Theory]
    [InlineData("echo 'failed to set MSR 0x10a'; exit 1", "failed to set MSR 0x10a")]
    [InlineData("kill -ABRT $$", "QEMU does not run a machine on it")]
    [InlineData("exit 0", "QEMU does not run a machine on it")]
    public async Task A_machine_that_ends_otherwise_is_told_with_what_QEMU_wrote(string script, string reason) =>
        Assert.Contains(reason, await KvmTrial.RunAsync(Write(script), "kvm", AsMyself, TimeProvider.System, CancellationToken.None).Within(), StringComparison.Ordinal);

    [Fact]
    public async Task A_machine_that_does_not_come_to_its_end_has_five_seconds()
    {
        var time = new TestTime();
        Task<string?> trial = KvmTrial.RunAsync(Write("exec sleep 1000"), "kvm", AsMyself, time, CancellationToken.None);
        await time.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Contains("within 5 s", await trial.Within(), StringComparison.Ordinal);
    }

    private string Write(string script) => _directory.WriteProgram("qemu", $"#!/bin/sh\n{script}\n");
}
