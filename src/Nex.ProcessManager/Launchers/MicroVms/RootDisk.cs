using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>The disk below the root of every machine, open for reading; all share it.</summary>
internal sealed class RootDisk : IDisposable
{
    private const int Ext4MagicAt = 1080;

    private RootDisk(SafeFileHandle handle, string type, string sha256)
    {
        Handle = handle;
        Type = type;
        Sha256 = sha256;
    }

    internal SafeFileHandle Handle { get; }

    /// <summary>The name of its file system, <c>ext4</c> or <c>squashfs</c>.</summary>
    internal string Type { get; }

    internal string Sha256 { get; }

    /// <exception cref="ProcessManagerException">It cannot be read, or is no disk that a guest can mount.</exception>
    internal static RootDisk Open(string path)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(path);
            return FindType(handle) is { } type
                ? new RootDisk(handle, type, Hash(path))
                : throw new ProcessManagerException(
                    ProcessManagerError.StartFailed, $"The root disk {path} is neither ext4 nor squashfs: make one with nex rootfs build.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed, $"The root disk {path} cannot be read: {failure.Message.TrimEnd('.')}. Set the option RootDiskPath to one that can.", failure);
        }
    }

    public void Dispose() => Handle.Dispose();

    private static string? FindType(SafeFileHandle handle)
    {
        Span<byte> magic = stackalloc byte[4];
        if (RandomAccess.Read(handle, magic, 0) == 4 && magic.SequenceEqual("hsqs"u8))
        {
            return "squashfs";
        }

        return RandomAccess.Read(handle, magic[..2], Ext4MagicAt) == 2 && magic[..2].SequenceEqual<byte>([0x53, 0xEF]) ? "ext4" : null;
    }

    private static string Hash(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
