namespace Nex.GuestImages.Contents;

/// <summary>The bytes of a file of an image.</summary>
internal abstract class GuestContent
{
    /// <summary>How many there are.</summary>
    internal abstract long Length { get; }

    /// <summary>The file of the host that they come from; null for those made here.</summary>
    internal virtual string? HostPath => null;

    /// <summary>Opens the bytes. Reading fails when there are more or fewer of them than there should be.</summary>
    internal abstract Stream Open();
}

/// <summary>Bytes that are made here.</summary>
internal sealed class GeneratedContent(byte[] bytes) : GuestContent
{
    internal override long Length => bytes.Length;

    internal override Stream Open() => new MemoryStream(bytes, writable: false);
}

/// <summary>The bytes of a file of the host, read when the image is written.</summary>
internal sealed class HostFileContent : GuestContent
{
    /// <exception cref="GuestImageException">The file cannot be read.</exception>
    internal HostFileContent(string path)
    {
        HostPath = path;
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = HostFiles.OpenRead(path);
        Length = RandomAccess.GetLength(file);
    }

    internal override long Length { get; }

    internal override string HostPath { get; }

    internal override Stream Open() => new HostFileStream(HostPath, Length);
}
