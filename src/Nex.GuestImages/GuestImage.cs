namespace Nex.GuestImages;

/// <summary>An image that was built.</summary>
public sealed record GuestImage
{
    /// <summary>The absolute path of its file.</summary>
    public required string Path { get; init; }

    /// <summary>Its kind.</summary>
    public required GuestImageFormat Format { get; init; }

    /// <summary>The size of the file in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The SHA-256 of the file, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What is in it, in ordinal order of the paths.</summary>
    public required IReadOnlyList<GuestImageEntry> Entries { get; init; }
}

/// <summary>Something in an image. All of it belongs to user 0 and group 0.</summary>
public sealed record GuestImageEntry
{
    /// <summary>Its absolute path in the image.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required GuestImageEntryKind Kind { get; init; }

    /// <summary>Its permissions.</summary>
    public required UnixFileMode Mode { get; init; }

    /// <summary>The number of bytes of a file; 0 for everything else.</summary>
    public long Size { get; init; }

    /// <summary>The file of the host that a file was read from; null for everything else, and for files that are made for the image.</summary>
    public string? Source { get; init; }

    /// <summary>Where a symbolic link points to; null for everything else.</summary>
    public string? LinkTarget { get; init; }
}

/// <summary>What can be in an image.</summary>
public enum GuestImageEntryKind
{
    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A file.</summary>
    File,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A character device.</summary>
    CharacterDevice,
}
