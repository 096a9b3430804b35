using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Sockets;
using Nex.ProcessManager.Launchers.MicroVms;

namespace Nex.Bench.Running;

/// <summary>
/// A clone as the barest program would start it: QEMU with the command line of the manager's clones, blocking sockets, QMP and the agent's
/// protocol by hand, no pool, no checks. It is killed when disposed of.
/// </summary>
internal sealed class BareMachine : IDisposable
{
    private const string AgentId = "00000000000000000000000000";
    private const int TimeoutMilliseconds = 60_000;

    private readonly Child _process;
    private readonly Socket _link;
    private readonly Socket _console;
    private readonly NetworkStream _monitor;
    private readonly StreamReader _answers;
    private string _first = "";

    private BareMachine(Child process, SafeFileHandle link, SafeFileHandle monitor, SafeFileHandle console)
    {
        _process = process;
        _link = ToSocket(link);
        _console = ToSocket(console);
        _monitor = new NetworkStream(ToSocket(monitor), ownsSocket: true);
        _answers = new StreamReader(_monitor);
    }

    internal int ProcessId => _process.ProcessId;

    /// <summary>Clones the machine, and returns when its agent gives the first sign of life after it was told who it is.</summary>
    internal static BareMachine Clone(MachineTemplate template, uint userId)
    {
        (SafeFileHandle link, SafeFileHandle theirLink) = SocketPair.Create();
        (SafeFileHandle monitor, SafeFileHandle theirMonitor) = SocketPair.Create();
        (SafeFileHandle console, SafeFileHandle theirConsole) = SocketPair.Create();
        using SafeFileHandle none = File.OpenHandle("/dev/null"), state = template.OpenState();
        using (theirLink)
        using (theirMonitor)
        using (theirConsole)
        {
            const int standard = 3, others = 5;
            var descriptors = new SafeFileHandle[standard + others];
            Array.Fill(descriptors, state);
            (descriptors[0], descriptors[1], descriptors[2]) = (none, theirConsole, theirConsole);
            descriptors[template.Descriptor("mem-path=/proc/self/fd/")] = template.Memory;
            descriptors[template.Descriptor("id=link,fd=")] = theirLink;
            descriptors[template.Descriptor("id=monitor,fd=")] = theirMonitor;
            descriptors[template.Descriptor("id=console,fd=")] = theirConsole;
            Child process = Child.Start(Find("setpriv"), [.. Privileges(userId), "--", .. template.CommandLine], descriptors);
            var machine = new BareMachine(process, link, monitor, console);
            machine.Resume(Array.LastIndexOf(descriptors, state));
            machine.Send($$$"""{"jsonrpc":"2.0","id":1,"method":"adopt","params":{"agent_id":"{{{AgentId}}}","entropy":"{{{new string('A', 64)}}}"}}""");
            machine._first = machine.Receive();
            return machine;
        }
    }

    /// <summary>Answers what the agent asks until it has said hello.</summary>
    internal void Welcome()
    {
        for (string message = _first; ; message = Receive())
        {
            using JsonDocument parsed = JsonDocument.Parse(message);
            if (!parsed.RootElement.TryGetProperty("method", out JsonElement method))
            {
                continue;
            }

            bool hello = method.ValueEquals("hello");
            Answer(parsed.RootElement.GetProperty("id"), hello ? """{"node_version":"1.0"}""" : Clock());
            if (hello)
            {
                return;
            }
        }
    }

    /// <summary>Sends bytes as an artifact is sent, in base64, though in frames that the agent drops, until it answers a ping behind them.</summary>
    internal void Flood(int bytes)
    {
        const int chunk = 1024 * 1024;
        string data = Convert.ToBase64String(new byte[chunk]);
        for (int sent = 0; sent < bytes; sent += chunk)
        {
            Send($$$"""{"jsonrpc":"2.0","method":"drop","params":{"data":"{{{data}}}"}}""");
        }

        Send("""{"jsonrpc":"2.0","id":"ping","method":"ping","params":{"sequence":1}}""");
        while (true)
        {
            using JsonDocument parsed = JsonDocument.Parse(Receive());
            JsonElement id = parsed.RootElement.GetProperty("id");
            if (id.ValueKind == JsonValueKind.String)
            {
                return;
            }

            // It asks for the time again.
            Answer(id, Clock());
        }
    }

    internal void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Dispose();
        _link.Dispose();
        _console.Dispose();
        _answers.Dispose();
        _monitor.Dispose();
    }

    /// <summary>As the manager starts QEMU, but for the signal at the node's death, which would come with the end of the thread that starts it.</summary>
    private static string[] Privileges(uint userId) => ProcessControl.EffectiveUserId == 0
        ? ["--no-new-privs", "--reuid", $"{userId}", "--regid", $"{userId}", .. KvmAccess.Of(userId).SetprivGroups]
        : ["--no-new-privs"];

    private static string Find(string program) =>
        ((string[])["/usr/bin", "/bin"]).Select(directory => Path.Combine(directory, program)).First(File.Exists);

    private void Resume(int state)
    {
        _ = _answers.ReadLine();
        Execute("qmp_capabilities");
        Execute("migrate-set-capabilities", """{"capabilities":[{"capability":"x-ignore-shared","state":true},{"capability":"events","state":true}]}""");
        Execute("migrate-incoming", $$"""{"uri":"fd:{{state}}"}""", until: "\"completed\"");
        Execute("cont");
    }

    /// <summary>Waits for the return, and for an event where one is named.</summary>
    private void Execute(string command, string arguments = "{}", string? until = null)
    {
        _monitor.Write(Encoding.UTF8.GetBytes($$"""{"execute":"{{command}}","arguments":{{arguments}}}"""));
        bool returned = false, happened = until is null;
        while (!returned || !happened)
        {
            string line = _answers.ReadLine() ?? throw new InvalidOperationException($"QEMU ended at {command}.");
            if (line.Contains("\"error\"", StringComparison.Ordinal) || line.Contains("\"failed\"", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"QEMU refused {command}: {line}");
            }

            returned |= line.Contains("\"return\"", StringComparison.Ordinal);
            happened |= until is not null && line.Contains(until, StringComparison.Ordinal);
        }
    }

    private static string Clock() => $$"""{"unix_ns":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}000000}""";

    private void Answer(JsonElement id, string result) => Send($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":{{result}}}""");

    private void Send(string message)
    {
        byte[] frame = new byte[sizeof(int) + Encoding.UTF8.GetByteCount(message)];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        _ = Encoding.UTF8.GetBytes(message, frame.AsSpan(sizeof(int)));
        for (int sent = 0; sent < frame.Length;)
        {
            sent += _link.Send(frame.AsSpan(sent));
        }
    }

    private string Receive()
    {
        byte[] length = ReceiveBytes(sizeof(int));
        return Encoding.UTF8.GetString(ReceiveBytes(BinaryPrimitives.ReadInt32BigEndian(length)));
    }

    private byte[] ReceiveBytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int received = 0; received < count;)
        {
            int more = _link.Receive(bytes.AsSpan(received));
            received += more > 0 ? more : throw new InvalidOperationException("The bare machine has ended.");
        }

        return bytes;
    }

    private static Socket ToSocket(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        (socket.ReceiveTimeout, socket.SendTimeout) = (TimeoutMilliseconds, TimeoutMilliseconds);
        return socket;
    }
}
