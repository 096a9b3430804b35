using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>Copies a file of a template between disk and memory. What is zero takes no room in either.</summary>
internal static class TemplateFile
{
    private const int BlockBytes = 64 * 1024;

    /// <summary>Writes it to the disk.</summary>
    /// <returns>The SHA-256 of its content.</returns>
    internal static string Save(SafeFileHandle memory, string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        string sha256 = Copy(memory, file);
        RandomAccess.FlushToDisk(file);
        return sha256;
    }

    /// <summary>Reads it into sealed memory.</summary>
    /// <exception cref="InvalidDataException">It is not what was saved.</exception>
    internal static SafeFileHandle Load(string path, string sha256)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        SafeFileHandle memory = MemoryFile.Create(Path.GetFileName(path));
        try
        {
            if (Copy(file, memory) != sha256)
            {
                throw new InvalidDataException($"{path} is not what was written there.");
            }

            MemoryFile.Seal(memory);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <returns>The SHA-256 of the content.</returns>
    internal static string Copy(SafeFileHandle source, SafeFileHandle target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[BlockBytes];
        long length = RandomAccess.GetLength(source);
        RandomAccess.SetLength(target, length);
        for (long offset = 0; offset < length;)
        {
            int count = RandomAccess.Read(source, block, offset);
            if (count == 0)
            {
                throw new InvalidDataException("The file became shorter while it was read.");
            }

            hash.AppendData(block, 0, count);
            if (block.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                RandomAccess.Write(target, block.AsSpan(0, count), offset);
            }

            offset += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
