using System.Runtime.InteropServices;
using System.Text;
using Nex.Firecracker.Vsock;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.MicroVms.Templates;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>Where one process of Firecracker lives on the host: how it is started, its sockets, and what it can open.</summary>
internal abstract class VmmHome : IDisposable
{
    /// <summary>The port of the host that an agent connects to.</summary>
    internal const uint LinkPort = 5000;

    /// <summary>What the kernel takes for a socket, without the NUL behind it.</summary>
    private const int MaxPathBytes = 107;

    private const UnixFileMode Anybody = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    internal abstract VmmPaths Paths { get; }

    /// <summary>The socket of the API, as the host sees it.</summary>
    internal abstract string ApiSocket { get; }

    /// <summary>The socket of the device, as the host sees it.</summary>
    internal abstract string Vsock { get; }

    /// <summary>The option that says where its sockets are.</summary>
    internal abstract string PathOption { get; }

    /// <summary>The process.</summary>
    internal abstract ChildProcess Command(SafeHandle input, SafeHandle output);

    /// <summary>Writes down which process it is, for who finds what is left of the home when its manager has been killed.</summary>
    internal abstract void Record(ProcessIdentity process);

    /// <summary>Puts in place what it opens, once its API is up and before it is told to open anything.</summary>
    internal abstract void Furnish();

    /// <summary>Takes over a template that it has written.</summary>
    internal abstract void Collect(Template template);

    /// <exception cref="IOException">The host could not reach its sockets.</exception>
    internal void CheckPaths()
    {
        string longest = VsockHost.ListenerPath(Vsock, LinkPort);
        int bytes = Encoding.UTF8.GetByteCount(longest);
        if (bytes > MaxPathBytes)
        {
            throw new IOException($"The path of the socket {longest} has {bytes} bytes, and can have {MaxPathBytes}: set the option {PathOption} to a shorter one");
        }
    }

    /// <summary>
    /// Listens for the agent. That anybody may write to the socket lets Firecracker do so, whichever user it runs as: nobody else gets through
    /// the directory above it.
    /// </summary>
    /// <exception cref="VsockException">It cannot listen.</exception>
    internal VsockListener Listen() => VsockHost.Listen(Vsock, LinkPort, Anybody);

    /// <summary>From now on nobody can speak to this Firecracker, or to the guest through it. What is connected stays so.</summary>
    internal void RemoveSockets()
    {
        File.Delete(ApiSocket);
        File.Delete(Vsock);
    }

    /// <summary>Removes all of it. The process has ended.</summary>
    public abstract void Dispose();
}

/// <summary>Makes homes, all for machines of one kernel and one image.</summary>
internal abstract class VmmHomes : IDisposable
{
    /// <summary>The same in all of them.</summary>
    internal abstract VmmPaths Paths { get; }

    /// <summary>For a machine that is booted.</summary>
    /// <param name="name">Of the machine: letters, digits and hyphens.</param>
    /// <param name="workDirectory">A new directory that it can be given.</param>
    /// <param name="template">What it is to be written to; null where it is not written.</param>
    /// <exception cref="IOException">The host cannot make it.</exception>
    internal abstract VmmHome ForBoot(string name, string workDirectory, Template? template);

    /// <summary>For a machine that is a clone.</summary>
    /// <exception cref="IOException">The host cannot make it.</exception>
    internal abstract VmmHome ForClone(string name, string workDirectory, Template template);

    public abstract void Dispose();
}
