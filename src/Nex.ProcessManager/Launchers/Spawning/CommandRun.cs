using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>Runs a program of the host to its end, for what it answers.</summary>
internal static class CommandRun
{
    /// <summary>The number of an inherited descriptor: the first behind the standard three.</summary>
    internal const int InheritedDescriptor = 3;

    private const int KeptBytes = 8 * 1024;

    /// <param name="inherited">A descriptor that it gets besides the standard ones; null for none.</param>
    /// <returns>How it ended, and the beginning of what it wrote to standard output and error.</returns>
    /// <exception cref="LinuxException">It could not be started.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the program has been killed.</exception>
    internal static async Task<(ProcessExit Exit, string Output)> RunAsync(
        string path, IReadOnlyList<string> arguments, CancellationToken cancellationToken, SafeFileHandle? inherited = null)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        await using var output = new UnixSocketLink(ours);
        SupervisedChild child;
        using (theirs)
        {
            using SafeFileHandle input = File.OpenHandle("/dev/null");
            var process = new ChildProcess
            {
                Path = path,
                Arguments = [path, .. arguments],
                Descriptors = inherited is null ? [input, theirs, theirs] : [input, theirs, theirs, inherited],
                OwnSession = true,
                CloseOtherDescriptors = true,
            };
            child = await ChildSupervisor.StartAsync(process, cancellationToken).ConfigureAwait(false);
        }

        await using CancellationTokenRegistration killing = cancellationToken.Register(() => child.TrySignal(Signals.Kill));
        string text = await ReadAsync(output).ConfigureAwait(false);
        ProcessExit exit = await child.Exited.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return (exit, text);
    }

    private static async Task<string> ReadAsync(UnixSocketLink output)
    {
        byte[] buffer = new byte[KeptBytes];
        int kept = 0;
        byte[] rest = new byte[KeptBytes];
        while (true)
        {
            Memory<byte> target = kept < buffer.Length ? buffer.AsMemory(kept) : rest;
            int count = await output.ReceiveAsync(target, CancellationToken.None).ConfigureAwait(false);
            if (count == 0)
            {
                return Encoding.UTF8.GetString(buffer, 0, kept);
            }

            kept = Math.Min(kept + count, buffer.Length);
        }
    }
}
