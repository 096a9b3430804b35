using Nex.Linux.Interop;

namespace Nex.Linux.Machine;

/// <summary>What is mounted where, for a process that is root of its machine.</summary>
internal static class FileSystems
{
    /// <summary>Mounts a file system, making the directory where it is missing.</summary>
    /// <exception cref="LinuxException">It cannot be mounted.</exception>
    internal static void Mount(string source, string target, string type, MountFlags flags, string? data = null)
    {
        Directory.CreateDirectory(target);
        Call(source, target, type, flags, data);
    }

    /// <summary>Makes what is mounted on a directory the root of everything, for this process and what it starts.</summary>
    internal static void MakeRoot(string directory)
    {
        Directory.SetCurrentDirectory(directory);
        Call(".", "/", type: null, MountFlags.Move, data: null);
        if (Libc.ChangeRoot(".") != 0)
        {
            throw LinuxException.Last("chroot", directory);
        }

        Directory.SetCurrentDirectory("/");
    }

    /// <summary>Gives a file or a directory to a user and the group of the same number.</summary>
    internal static void ChangeOwner(string path, uint userId)
    {
        if (Libc.ChangeOwner(path, userId, userId) != 0)
        {
            throw LinuxException.Last("chown", path);
        }
    }

    /// <summary>Gives a file one more name, in the same file system.</summary>
    internal static void Link(string existing, string path)
    {
        if (Libc.Link(existing, path) != 0)
        {
            throw LinuxException.Last("link", $"{path} to {existing}");
        }
    }

    private static void Call(string source, string target, string? type, MountFlags flags, string? data)
    {
        if (Libc.Mount(source, target, type, (nuint)flags, data) != 0)
        {
            throw LinuxException.Last("mount", $"{source} on {target}");
        }
    }
}

/// <summary>As <c>mount(2)</c> numbers them.</summary>
[Flags]
internal enum MountFlags : uint
{
    None = 0,
    ReadOnly = 1,
    NoSetUserId = 2,
    NoDevices = 4,
    NoExecution = 8,
    Move = 8192,
}
