using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Node.Servers;

/// <summary>Finds nats-server on this host.</summary>
internal static class NatsServerProgram
{
    internal const string Package = "nats-server";

    // Debian has it where the PATH of users does not lead.
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

    /// <param name="program">A path, or a name.</param>
    /// <returns>Null where it is not there.</returns>
    internal static string? TryFind(string program)
    {
        if (Path.IsPathFullyQualified(program))
        {
            return Executables.IsExecutable(program) ? program : null;
        }

        return Executables.Find(program) ?? SystemDirectories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(Executables.IsExecutable);
    }

    /// <exception cref="ServerStartException">It is not there; the message says how to get it.</exception>
    internal static string Find(string program) => TryFind(program) ?? throw new ServerStartException(
        $"{program} is not installed, which a node needs that joins no other NATS system. Install it (apt-get install {Package}), name it with the key nats_server.path, or join a NATS system with --server.");
}
