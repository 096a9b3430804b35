namespace Nex.GuestImages;

/// <summary>What a guest image is made of, and where it goes.</summary>
public sealed record GuestImageOptions
{
    /// <summary>The file to write. It appears whole or not at all, and takes the place of one that is there. Its directory is made.</summary>
    public required string Output { get; init; }

    /// <summary>The program that becomes `/init`: a native agent.</summary>
    public required string Agent { get; init; }

    /// <summary>What kind of image it is. By default an initramfs.</summary>
    public GuestImageFormat Format { get; init; } = GuestImageFormat.Initramfs;

    /// <summary>How an initramfs is compressed; other formats do not look at it. By default not at all, which boots fastest without KVM.</summary>
    public GuestImageCompression Compression { get; init; } = GuestImageCompression.None;

    /// <summary>The unpacked kernel whose modules go into the image; null for none.</summary>
    public GuestKernel? Kernel { get; init; }

    /// <summary>
    /// A folder of the host whose contents go to the root of the image; null for none. What is in <c>/dev</c>, <c>/proc</c>, <c>/run</c>, <c>/sys</c>,
    /// <c>/tmp</c> and <c>/work</c> is left out: the guest mounts something there.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Single files: the absolute path in the image, and the file of the host.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Files { get; init; } = [];

    /// <summary>
    /// The size of an ext4 image in MiB; null for as small as its contents allow. Other formats are always as large as their contents.
    /// </summary>
    public int? SizeMiB { get; init; }
}

/// <summary>The kinds of guest images.</summary>
public enum GuestImageFormat
{
    /// <summary>An archive that the kernel unpacks into memory at boot. Needs no disk, and the guest can write to it.</summary>
    Initramfs,

    /// <summary>A file system for a disk of the guest. It has no journal: attach the disk for reading only.</summary>
    Ext4,

    /// <summary>A compressed file system for a disk of the guest, which can only be read.</summary>
    Squashfs,
}

/// <summary>How an initramfs is compressed.</summary>
public enum GuestImageCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>With gzip.</summary>
    Gzip,
}
