namespace Nex.Agent.Guests;

/// <summary>What the node says to an agent in a microVM, on the command line of its kernel.</summary>
internal sealed record KernelCommandLine
{
    /// <summary><c>nex.link</c>: <c>virtio-serial:NAME</c> or <c>vsock:PORT</c>.</summary>
    internal required string Link { get; init; }

    /// <summary><c>nex.root</c>: <c>TYPE:DEVICE</c>, the read-only disk below the root; null when the root is the initramfs.</summary>
    internal string? RootDisk { get; init; }

    /// <summary><c>nex.workspace</c>: the size of each writable directory, in bytes.</summary>
    internal long? WorkspaceBytes { get; init; }

    internal static KernelCommandLine Read(string path) => Parse(File.ReadAllText(path));

    /// <exception cref="IOException">It names no link.</exception>
    internal static KernelCommandLine Parse(string line)
    {
        string[] words = line.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return new KernelCommandLine
        {
            Link = Value("nex.link=") ?? throw new IOException("The command line of the kernel names no link: nex.link=virtio-serial:NAME or nex.link=vsock:PORT is missing."),
            RootDisk = Value("nex.root="),
            WorkspaceBytes = long.TryParse(Value("nex.workspace="), out long bytes) && bytes > 0 ? bytes : null,
        };

        string? Value(string name) => Array.FindLast(words, word => word.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
    }
}
