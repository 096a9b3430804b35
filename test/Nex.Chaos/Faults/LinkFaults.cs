using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nex.Chaos.World;
using Nex.Linux.Processes;

namespace Nex.Chaos.Faults;

/// <summary>
/// Links between the node and an agent or its machine that are cut, or on which something comes that is no message. It is done at the far end, with
/// a copy of its descriptor, as one who has taken over an agent could.
/// </summary>
internal sealed partial class LinkFaults(ChaosWorld world)
{
    private const string SocketLink = "socket:[";
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int CredentialsBytes = 12;

    internal IEnumerable<Fault> All =>
    [
        new(8, "a link cut", (dice, _) => DoAsync(dice, Cut)),
        new(8, "noise on a link", (dice, _) => DoAsync(dice, link => SendNoise(link, dice))),
    ];

    private Task<bool> DoAsync(Random dice, Action<Socket> harm)
    {
        if (Targets.Open(world, dice, Hosts.IsHost) is not { } process)
        {
            return Task.FromResult(false);
        }

        using (process)
        using (Socket? link = Copy(process, dice.NextDouble()))
        {
            try
            {
                if (link is not null)
                {
                    harm(link);
                }

                return Task.FromResult(link is not null);
            }
            catch (SocketException)
            {
                // It has ended meanwhile, or was one that only listens.
                return Task.FromResult(false);
            }
        }
    }

    private static void Cut(Socket link) => link.Shutdown(SocketShutdown.Both);

    private static void SendNoise(Socket link, Random dice)
    {
        byte[] noise = new byte[dice.Next(1, 2000)];
        dice.NextBytes(noise);
        link.Blocking = false;
        _ = link.Send(noise);
    }

    /// <param name="place">Of the one among those that it has, from 0 to 1.</param>
    private Socket? Copy(PidFd process, double place)
    {
        Socket[] links = [.. SocketsOf(process.ProcessId).Select(number => Copy(process, number)).OfType<Socket>()];
        Socket? chosen = links.Where(IsOfNode).ToArray() is { Length: > 0 } ofNode ? ofNode[(int)(place * ofNode.Length)] : null;
        foreach (Socket other in links.Where(link => link != chosen))
        {
            other.Dispose();
        }

        return chosen;
    }

    private static Socket? Copy(PidFd process, int number)
    {
        nint copy = PidFdGetFd(PidFdGetFdNumber, (int)process.Descriptor.DangerousGetHandle(), number, 0);
        return copy < 0 ? null : new Socket(new SafeSocketHandle(copy, ownsHandle: true));
    }

    /// <summary>The node has made it, or connected to it. What a host has for itself is no way into the node.</summary>
    private bool IsOfNode(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsBytes];
        return socket.AddressFamily == AddressFamily.Unix
            && socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsBytes
            && BitConverter.ToInt32(credentials) == world.Node.ProcessId;
    }

    private static IEnumerable<int> SocketsOf(int pid)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{pid}/fd")
                .Where(file => new FileInfo(file).LinkTarget?.StartsWith(SocketLink, StringComparison.Ordinal) == true)
                .Select(file => int.Parse(Path.GetFileName(file)))
                .Order()];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private const nint PidFdGetFdNumber = 438;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidFdGetFd(nint number, int process, int descriptor, uint flags);
}
