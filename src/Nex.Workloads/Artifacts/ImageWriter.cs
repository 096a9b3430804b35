using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>Makes an artifact's image: a file in memory that is hashed as it is written. Until it is finished, disposing drops it.</summary>
internal sealed class ImageWriter : IDisposable
{
    /// <summary>How much to read at once: enough to make system calls rare, and below what the large object heap takes.</summary>
    internal const int ChunkBytes = 64 * 1024;

    private readonly SafeFileHandle _file = MemoryFile.Create("artifact");
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _finished;

    /// <summary>What has been written so far, in bytes.</summary>
    internal long Size { get; private set; }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Size);
        _hash.AppendData(bytes);
        Size += bytes.Length;
    }

    /// <summary>Seals the image, which is the caller's from then on.</summary>
    internal ArtifactFile Finish()
    {
        MemoryFile.Seal(_file);
        _finished = true;
        return new ArtifactFile(_file, Size, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public void Dispose()
    {
        _hash.Dispose();
        if (!_finished)
        {
            _file.Dispose();
        }
    }
}
