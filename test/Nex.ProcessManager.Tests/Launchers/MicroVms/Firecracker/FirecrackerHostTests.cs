using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

public sealed class FirecrackerHostTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_missing_Firecracker_is_named_with_where_to_get_it() =>
        Assert.Contains("github.com/firecracker-microvm", await RefusalAsync(Options(_directory["firecracker"])), StringComparison.Ordinal);

    [Theory]
    [InlineData("echo 'Firecracker v1.15.3'", "need version 1.16 or newer")]
    [InlineData("echo 'Something else'", "is no Firecracker that works")]
    [InlineData("echo 'Firecracker v1.17.0'; exit 3", "is no Firecracker that works")]
    public async Task A_program_that_will_not_do_is_refused(string script, string reason) =>
        Assert.Contains(reason, await RefusalAsync(Options(Write("firecracker", script))), StringComparison.Ordinal);

    [Theory]
    [InlineData("1.16.0")]
    [InlineData("1.17.0-dev")]
    [InlineData("2.0.1")]
    public async Task A_version_that_gives_clones_sockets_of_their_own_is_taken(string version)
    {
        FirecrackerHost host = await FirecrackerHost.FindAsync(Options(Write("firecracker", $"echo 'Firecracker v{version}'")), CancellationToken.None).Within();

        Assert.Equal($"Firecracker v{version}", host.Version);
    }

    [Fact]
    public async Task Without_KVM_it_is_said_what_is_missing()
    {
        ProcessManagerOptions options = Options(Write("firecracker", "echo 'Firecracker v1.16.1'"), requireKvm: true);
        Assert.SkipWhen(KvmAccess.Of(options.MachineUserId).IsUsable, "Machines can use this host's KVM.");

        Assert.Contains("/dev/kvm", await RefusalAsync(options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_jailer_is_looked_for_only_where_one_is_wanted()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "The jailer needs root.");
        ProcessManagerOptions open = Options(Write("firecracker", "echo 'Firecracker v1.16.1'"));
        ProcessManagerOptions options = open with { MicroVm = open.MicroVm with { Jailer = new JailerOptions { Path = _directory["jailer"] } } };

        Assert.Contains(_directory["jailer"], await RefusalAsync(options), StringComparison.Ordinal);
        Write("jailer", "exit 0");
        Assert.Equal(_directory["jailer"], (await FirecrackerHost.FindAsync(options, CancellationToken.None).Within()).JailerPath);
        Assert.Null((await FirecrackerHost.FindAsync(open, CancellationToken.None).Within()).JailerPath);
    }

    [Fact]
    public async Task The_jailer_is_given_a_program_and_no_link_to_it()
    {
        string program = Write("firecracker-v1", "echo 'Firecracker v1.16.1'");
        File.CreateSymbolicLink(_directory["firecracker"], program);

        FirecrackerHost host = await FirecrackerHost.FindAsync(Options(_directory["firecracker"]), CancellationToken.None).Within();

        Assert.Equal(program, host.FirecrackerPath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_started_becomes_its_program_only_when_it_is_told_to(bool told)
    {
        FirecrackerHost host = await FirecrackerHost.FindAsync(Options(Write("firecracker", "echo 'Firecracker v1.16.1'")), CancellationToken.None).Within();
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        var output = new UnixSocketLink(ours);
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        SupervisedChild child;
        using (theirs)
        {
            child = await ChildSupervisor.StartAsync(new ChildProcess
            {
                Path = host.AsMachineUser[0],
                Arguments = [.. host.AsMachineUser, "/bin/sh", "-c", "exit $1", "-", "7"],
                Descriptors = [input, theirs, theirs],
                OwnSession = true,
                CloseOtherDescriptors = true,
            }).Within();
        }

        _ = told && await output.SendAsync("\n"u8.ToArray(), handle: null, CancellationToken.None).Within();
        await (told ? child.Exited.Within() : Task.CompletedTask);
        await output.DisposeAsync();

        Assert.Equal(told ? 7 : 1, (await child.Exited.Within()).Code);
    }

    private static ProcessManagerOptions Options(string path, bool requireKvm = false) => new() { MicroVm = new MicroVmOptions { FirecrackerPath = path, RequireKvm = requireKvm } };

    private static async Task<string> RefusalAsync(ProcessManagerOptions options)
    {
        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => FirecrackerHost.FindAsync(options, CancellationToken.None).Within());
        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        return failure.Message;
    }

    private string Write(string name, string script) => _directory.WriteProgram(name, $"#!/bin/sh\n{script}\n");
}
