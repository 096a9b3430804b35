using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

public sealed class LifelineTests
{
    /// <summary>It becomes a user that may not even signal itself by another's hand, as a jailer does.</summary>
    private const string ChangeUser = "read -r line <&1 && exec setpriv --reuid 123456 --regid 123456 --clear-groups -- sh -c 'echo ready; exec tail -f /dev/null'";

    [Fact]
    public async Task A_process_that_has_become_another_user_is_killed_when_its_lifeline_ends()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "Only root can become another user.");
        using var lifeline = new Lifeline();
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        SupervisedChild child;
        using (theirs)
        {
            child = await ChildSupervisor.StartAsync(Shell(ChangeUser, lifeline.End, theirs)).Within();
        }

        await using var output = new UnixSocketLink(ours);
        lifeline.Tie(child.ProcessId);
        Assert.True(await output.SendAsync("\n"u8.ToArray(), handle: null, CancellationToken.None).Within());
        byte[] text = new byte[100];
        Assert.Equal("ready\n", Encoding.ASCII.GetString(text, 0, await output.ReceiveAsync(text, CancellationToken.None).Within()));

        lifeline.Dispose();

        Assert.Equal(Signals.Kill, (await child.Exited.Within()).Signal);
    }

    private static ChildProcess Shell(string script, SafeFileHandle input, SafeFileHandle output) => new()
    {
        Path = "/bin/sh",
        Arguments = ["sh", "-c", script],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        Descriptors = [input, output, output],
        OwnSession = true,
        CloseOtherDescriptors = true,
    };
}
