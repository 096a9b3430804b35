using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>
/// A file that machines are started from, read once into sealed memory: what was hashed is what is booted, and a hypervisor that runs as
/// another user can open it, whatever mode the file has.
/// </summary>
internal sealed class GuestFile : IDisposable
{
    private const int ChunkBytes = 1024 * 1024;

    private GuestFile(SafeFileHandle handle, string sha256)
    {
        Handle = handle;
        Sha256 = sha256;
    }

    internal SafeFileHandle Handle { get; }

    internal string Sha256 { get; }

    /// <exception cref="ProcessManagerException">It cannot be read.</exception>
    internal static GuestFile Read(string path, string what, string option)
    {
        SafeFileHandle memory = MemoryFile.Create(what);
        try
        {
            using FileStream file = File.OpenRead(path);
            return new GuestFile(memory, Copy(file, memory));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            memory.Dispose();
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed, $"The {what} {path} cannot be read: {failure.Message.TrimEnd('.')}. Set the option {option} to one that can.", failure);
        }
    }

    public void Dispose() => Handle.Dispose();

    private static string Copy(FileStream file, SafeFileHandle memory)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[ChunkBytes];
        int count;
        for (long offset = 0; (count = file.Read(buffer)) > 0; offset += count)
        {
            hash.AppendData(buffer, 0, count);
            RandomAccess.Write(memory, buffer.AsSpan(0, count), offset);
        }

        MemoryFile.Seal(memory);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
