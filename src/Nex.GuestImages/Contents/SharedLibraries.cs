using Nex.GuestImages.Elf;

namespace Nex.GuestImages.Contents;

/// <summary>
/// Adds to a tree the dynamic loader and every library that the programs in it need, found as the loader would find them. Nothing is run for it:
/// `ldd` would start a program that nobody trusts.
/// </summary>
/// <remarks>
/// The loader of the guest has no configuration and no cache. So a library that this host has anywhere goes to the one directory that the loader
/// always looks into: the one that the C library itself is in. Only what a program finds by its own search path keeps its place.
/// </remarks>
internal sealed class SharedLibraries
{
    private const string CLibrary = "libc.so.6";

    private readonly GuestTree _tree;
    private readonly IReadOnlyList<string> _hostDirectories;
    private readonly string _systemDirectory;
    private readonly Queue<Program> _unresolved = new();
    private readonly HashSet<string> _loaders = new(StringComparer.Ordinal);

    private SharedLibraries(GuestTree tree)
    {
        _tree = tree;
        _hostDirectories = LibraryDirectories.ReadAll();
        _systemDirectory = LibraryDirectories.BuiltIn.FirstOrDefault(directory => IsUsable(Path.Combine(directory, CLibrary)))
            ?? throw new GuestImageException(
                GuestImageError.LibraryMissing,
                $"{CLibrary} is in none of {string.Join(", ", LibraryDirectories.BuiltIn)}. Build images on a host with the GNU C library.");
    }

    /// <exception cref="GuestImageException">A library is missing, or would be where something else is.</exception>
    internal static void AddTo(GuestTree tree, CancellationToken cancellation)
    {
        var libraries = new SharedLibraries(tree);
        libraries.FindPrograms();

        // What a workload is linked with that comes later.
        libraries.AddNeeded(CLibrary, new([], "every dynamically linked workload", []));
        libraries.AddNeeded("libm.so.6", new([], "every dynamically linked workload", []));

        while (libraries._unresolved.TryDequeue(out Program? program))
        {
            cancellation.ThrowIfCancellationRequested();
            libraries.AddWhatIsNeededBy(program);
        }
    }

    private void FindPrograms()
    {
        foreach ((string path, GuestNode node) in _tree.Nodes)
        {
            if (node is FileNode { Content.HostPath: { } hostPath } && TryRead(hostPath) is { IsForThisMachine: true } file)
            {
                _unresolved.Enqueue(new Program(path, hostPath, file, []));
            }
        }
    }

    private void AddWhatIsNeededBy(Program program)
    {
        if (program.File.Interpreter is { } loader)
        {
            AddLoader(loader, program.HostPath);
        }

        string realPath = RealPath(program.HostPath);
        SearchDirectory[] own = [.. program.File.SearchPath.Select(entry => new SearchDirectory(
            Expand(entry, program.GuestPath), Expand(entry, realPath)))];

        // The older kind of search path holds for the libraries of a library too, the newer kind (RUNPATH) for itself alone.
        Search search = program.File.HasRunPath
            ? new([.. own], program.HostPath, [])
            : new([.. own, .. program.Inherited], program.HostPath, [.. own, .. program.Inherited]);
        foreach (string name in program.File.Needed)
        {
            AddNeeded(name, search);
        }
    }

    private void AddLoader(string loader, string neededBy)
    {
        string path = GuestPath.Parse(loader);
        _ = _loaders.Add(Path.GetFileName(path));
        if (_tree.Find(path) is not null)
        {
            return;
        }

        if (!IsUsable(path))
        {
            throw new GuestImageException(
                GuestImageError.LibraryMissing,
                $"{neededBy} is started by the dynamic loader {path}, which this host does not have. Link it for this host, or statically.");
        }

        AddLibrary(path, path, []);
    }

    private void AddNeeded(string name, Search search)
    {
        if (_loaders.Contains(name))
        {
            // It is in memory before any library is.
            return;
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            AddByPath(name, search);
        }
        else if (!TryAddFromOwnPath(name, search))
        {
            AddFromSystem(name, search);
        }
    }

    private bool TryAddFromOwnPath(string name, Search search)
    {
        foreach (SearchDirectory directory in search.Own)
        {
            if (IsThere(directory.Guest, name))
            {
                return true;
            }

            string candidate = Path.Combine(directory.Host, name);
            if (IsUsable(candidate))
            {
                AddLibrary(GuestPath.Parse(GuestPath.Combine(directory.Guest, name)), candidate, search.Inherited);
                return true;
            }
        }

        return false;
    }

    private void AddFromSystem(string name, Search search)
    {
        if (LibraryDirectories.BuiltIn.Any(directory => IsThere(directory, name)))
        {
            return;
        }

        string found = _hostDirectories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(IsUsable)
            ?? throw Missing(name, search, [.. search.Own.Select(directory => directory.Host), .. _hostDirectories]);
        AddLibrary(GuestPath.Combine(_systemDirectory, name), found, search.Inherited);
    }

    private void AddByPath(string path, Search search)
    {
        if (!path.StartsWith('/') || _tree.Find(path) is not null)
        {
            // A path that begins at the working directory is the program's own business.
            return;
        }

        string found = IsUsable(path) ? path : throw Missing(Path.GetFileName(path), search, [Path.GetDirectoryName(path) ?? "/"]);
        AddLibrary(GuestPath.Parse(path), found, search.Inherited);
    }

    private GuestImageException Missing(string name, Search search, IEnumerable<string> directories) => new(
        GuestImageError.LibraryMissing,
        $"{search.NeededBy} needs the library {name}, which is in none of {string.Join(", ", directories)}. "
        + $"Install the package that has it, or put it into the image at {_systemDirectory}/{name}.");

    private void AddLibrary(string guestPath, string hostPath, IReadOnlyList<SearchDirectory> inherited)
    {
        _tree.Add(guestPath, new FileNode(GuestNode.ProgramMode, new HostFileContent(hostPath)));
        if (ElfFile.Read(hostPath) is { } file)
        {
            _unresolved.Enqueue(new Program(guestPath, hostPath, file, inherited));
        }
    }

    private bool IsThere(string directory, string name) => _tree.Find(GuestPath.Combine(directory, name)) is not null;

    private static string Expand(string entry, string program)
    {
        string origin = Path.GetDirectoryName(program) ?? "/";
        return GuestPath.Normalize(entry
            .Replace("${ORIGIN}", origin, StringComparison.Ordinal)
            .Replace("$ORIGIN", origin, StringComparison.Ordinal));
    }

    // The loader goes by the file behind a link.
    private static string RealPath(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    private static bool IsUsable(string path) => File.Exists(path) && TryRead(path) is { IsForThisMachine: true };

    // What only looks like a program is data: an image may well hold it, and the loader passes over it.
    private static ElfFile? TryRead(string path)
    {
        try
        {
            return ElfFile.Read(path);
        }
        catch (GuestImageException failure) when (failure.Error == GuestImageError.Damaged)
        {
            return null;
        }
    }

    /// <param name="Inherited">Where its own libraries are looked for too, because of who needs it.</param>
    private sealed record Program(string GuestPath, string HostPath, ElfFile File, IReadOnlyList<SearchDirectory> Inherited);

    /// <param name="Own">The directories to look into before those of the system.</param>
    /// <param name="Inherited">Those of them that what is found inherits.</param>
    private sealed record Search(IReadOnlyList<SearchDirectory> Own, string NeededBy, IReadOnlyList<SearchDirectory> Inherited);

    /// <summary>One directory, which has one path in the image and may have another on this host.</summary>
    private sealed record SearchDirectory(string Guest, string Host);
}
