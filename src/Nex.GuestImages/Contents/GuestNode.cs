namespace Nex.GuestImages.Contents;

/// <summary>Something at a path of an image. All of it belongs to root, and has the same times.</summary>
/// <param name="Mode">The permission bits, and the sticky bit.</param>
internal abstract record GuestNode(UnixFileMode Mode)
{
    /// <summary>Of directories, and of what users only list.</summary>
    internal const UnixFileMode ProgramMode = DataMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    internal const UnixFileMode DataMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
}

/// <param name="IsImplied">It is there only because something is in it, so that one with its own mode may take its place.</param>
internal sealed record DirectoryNode(UnixFileMode Mode, bool IsImplied = false) : GuestNode(Mode);

internal sealed record FileNode(UnixFileMode Mode, GuestContent Content) : GuestNode(Mode);

internal sealed record SymbolicLinkNode(string Target) : GuestNode(AllPermissions)
{
    private const UnixFileMode AllPermissions = ProgramMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
}

internal sealed record CharacterDeviceNode(UnixFileMode Mode, int Major, int Minor) : GuestNode(Mode);
