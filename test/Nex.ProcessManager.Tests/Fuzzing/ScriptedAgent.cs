using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Tests.Fuzzing;

/// <summary>
/// An agent that says hello, waits until it is asked for something, says what it has been given to say, a message a line, and ends. It hears
/// nothing.
/// </summary>
internal sealed class ScriptedAgent : Link, ILaunchedAgent
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _rest;
    private ReadOnlyMemory<byte> _now;
    private bool _isRest;
    private int _sent;

    internal ScriptedAgent(string id, byte[] script)
    {
        string hello = $$"""{"jsonrpc":"2.0","id":1,"method":"hello","params":{{Encoding.UTF8.GetString(HelloOf(id))}}}""";
        _now = Frame(Encoding.UTF8.GetBytes(hello));
        _rest = [.. Lines(script).SelectMany(Frame)];
    }

    internal override bool CarriesHandles => false;

    public Link Link => this;

    public Task<ProcessExit> Exited => _exited.Task;

    internal static byte[] HelloOf(string id) => Encoding.UTF8.GetBytes($$"""{"agent_id":"{{id}}","protocol":1,"version":"1","providers":["elf"]}""");

    internal static IEnumerable<byte[]> Lines(byte[] text)
    {
        int start = 0;
        for (int index = 0; index <= text.Length; index++)
        {
            if (index == text.Length || text[index] == (byte)'\n')
            {
                yield return text[start..index];
                start = index + 1;
            }
        }
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public WorkloadLimits? ApplyLimits(WorkloadLimits? limits) => null;

    public void Kill() => _exited.TrySetResult(new ProcessExit(null, 9));

    public override ValueTask DisposeAsync()
    {
        _ = _asked.TrySetResult();
        Kill();
        return ValueTask.CompletedTask;
    }

    internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_now.IsEmpty && !_isRest)
        {
            await _asked.Task.WaitAsync(cancellationToken);
            _isRest = true;
            _now = _rest;
        }

        if (_now.IsEmpty)
        {
            _ = _exited.TrySetResult(new ProcessExit(0, null));
        }

        int count = Math.Min(buffer.Length, _now.Length);
        _now[..count].CopyTo(buffer);
        _now = _now[count..];
        return count;
    }

    internal override ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken)
    {
        // The first is the welcome.
        if (Interlocked.Increment(ref _sent) == 2)
        {
            _ = _asked.TrySetResult();
        }

        return ValueTask.FromResult(true);
    }

    private static byte[] Frame(byte[] message)
    {
        byte[] frame = [0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        return frame;
    }
}
