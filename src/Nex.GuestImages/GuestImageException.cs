namespace Nex.GuestImages;

/// <summary>Why a kernel could not be unpacked, or an image not be built.</summary>
public enum GuestImageError
{
    /// <summary>A file or directory that was named cannot be read, or is not there.</summary>
    Unreadable,

    /// <summary>A file ends too early, or contradicts itself.</summary>
    Damaged,

    /// <summary>A file is compressed in a way that is not understood.</summary>
    UnknownCompression,

    /// <summary>A file is no Debian package of a kernel.</summary>
    NotAKernelPackage,

    /// <summary>A kernel is not in the format (bzImage) that Linux has on x86.</summary>
    NotABzImage,

    /// <summary>A directory holds no unpacked kernel, or not a whole one.</summary>
    NoKernel,

    /// <summary>A file that must be a program is none that this machine runs.</summary>
    NotAProgram,

    /// <summary>A program needs a shared library that was not found.</summary>
    LibraryMissing,

    /// <summary>A path in the image cannot be used.</summary>
    InvalidPath,

    /// <summary>Two things were to be put at one path of the image.</summary>
    PathTaken,

    /// <summary>An image cannot hold a file of that kind, such as a socket.</summary>
    UnsupportedFile,

    /// <summary>A file was changed while it was being read.</summary>
    FileChanged,

    /// <summary>The contents do not fit into the image.</summary>
    TooLarge,

    /// <summary>The output cannot be written.</summary>
    OutputFailed,

    /// <summary>A program of the host that is needed is not installed.</summary>
    ToolMissing,

    /// <summary>A program of the host failed.</summary>
    ToolFailed,

    /// <summary>The package manager knows no package of that name.</summary>
    UnknownPackage,

    /// <summary>A package could not be fetched.</summary>
    DownloadFailed,
}

/// <summary>A kernel was not unpacked, or an image not built. The message says what to do about it.</summary>
public sealed class GuestImageException(GuestImageError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public GuestImageError Error { get; } = error;
}
