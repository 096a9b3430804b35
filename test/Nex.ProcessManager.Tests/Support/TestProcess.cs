using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>A program in a session of its own, which has said that it is ready. Disposing of it ends its session.</summary>
internal sealed class TestProcess : IDisposable
{
    private readonly SupervisedChild _process;
    private readonly SafeFileHandle _output;

    private TestProcess(SupervisedChild process, SafeFileHandle output)
    {
        _process = process;
        _output = output;
        Identity = ProcessIdentity.TryGet(process.ProcessId)!.Value;
    }

    internal ProcessIdentity Identity { get; }

    internal Task<ProcessExit> Exited => _process.Exited;

    /// <summary>Starts a program of test/programs, and waits until it, or what it runs, has written <c>ready</c>.</summary>
    internal static Task<TestProcess> StartAsync(string program, params string[] argv) => RunAsync(TestPrograms.Path(program), argv);

    internal static async Task<TestProcess> RunAsync(string path, params string[] argv)
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using (writer)
        {
            SupervisedChild child = await ChildSupervisor.StartAsync(new ChildProcess
            {
                Path = path,
                Arguments = [Path.GetFileName(path), .. argv],
                Descriptors = [input, writer, writer],
                OwnSession = true,
                CloseOtherDescriptors = true,
            });
            writer.Dispose();
            // The other end stays open: whoever writes to a pipe that nobody reads is ended.
            var process = new TestProcess(child, reader);
            await Task.Run(() => WaitUntilReady(reader));
            return process;
        }
    }

    private static void WaitUntilReady(SafeFileHandle output)
    {
        string text = "";
        byte[] buffer = new byte[4096];
        while (!text.Split('\n')[..^1].Any(line => line.StartsWith("ready", StringComparison.Ordinal)))
        {
            Assert.True(Readiness.IsReadable(output), $"It wrote only: {text}");
            int count = Descriptor.Read(output, buffer) ?? 0;
            Assert.True(count > 0, $"It ended, and wrote only: {text}");
            text += Encoding.UTF8.GetString(buffer, 0, count);
        }
    }

    public void Dispose()
    {
        _ = ProcessSession.Kill(Identity);
        _output.Dispose();
    }
}
