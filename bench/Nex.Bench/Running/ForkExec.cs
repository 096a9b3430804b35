using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Sockets;

namespace Nex.Bench.Running;

/// <summary>The program <c>forkexec.c</c>, which starts another as barely as a C program can, and measures that itself.</summary>
internal sealed class ForkExec : IDisposable
{
    private readonly Socket _socket;
    private readonly Child _child;

    internal ForkExec(string forkExec, string program)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        _socket = new Socket(new SafeSocketHandle(ours.DangerousGetHandle(), ownsHandle: true));
        ours.SetHandleAsInvalid();
        using (theirs)
        {
            _child = Child.Start(forkExec, [program], theirs);
        }
    }

    /// <summary>Milliseconds from fork to executed.</summary>
    internal double Measure()
    {
        byte[] nanoseconds = new byte[sizeof(long)];
        _socket.Send(new byte[1]);
        int count = _socket.Receive(nanoseconds);
        return count == nanoseconds.Length
            ? BitConverter.ToInt64(nanoseconds) / 1e6
            : throw new InvalidOperationException("The program that forks and executes has ended.");
    }

    public void Dispose()
    {
        _socket.Dispose();
        _child.Dispose();
    }
}
