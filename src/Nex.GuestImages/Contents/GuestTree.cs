namespace Nex.GuestImages.Contents;

/// <summary>
/// What an image will hold, by path, in the order of the paths' characters: a directory comes before what is in it, and the order does not
/// depend on the order in which things were added.
/// </summary>
internal sealed class GuestTree
{
    private const int MaxLinks = 40;

    private readonly SortedDictionary<string, GuestNode> _nodes = new(StringComparer.Ordinal)
    {
        ["/"] = new DirectoryNode(GuestNode.ProgramMode, IsImplied: true),
    };

    /// <summary>Everything but the root.</summary>
    internal IEnumerable<KeyValuePair<string, GuestNode>> Nodes => _nodes.Where(node => node.Key != "/");

    internal DirectoryNode Root => (DirectoryNode)_nodes["/"];

    /// <summary>What is at a path, reached through symbolic links to directories but not followed itself; null for nothing.</summary>
    internal GuestNode? Find(string path) => _nodes.GetValueOrDefault(Resolve(path));

    /// <summary>Adds something, and the directories that it is in where they are missing.</summary>
    /// <exception cref="GuestImageException">Something else is there, or what it would be in is no directory.</exception>
    internal void Add(string path, GuestNode node)
    {
        string resolved = Resolve(path);
        if (!TryPut(resolved, node))
        {
            throw new GuestImageException(
                GuestImageError.PathTaken,
                $"{Describe(node)} cannot be at {path} of the image: {Describe(_nodes[resolved])} is there already. Give one of them another path.");
        }
    }

    /// <summary>Adds something unless the path is taken; that is how what the user gives goes before what is there by default.</summary>
    internal void AddDefault(string path, GuestNode node)
    {
        string resolved = Resolve(path);
        if (_nodes.GetValueOrDefault(resolved) is null or DirectoryNode { IsImplied: true })
        {
            _ = TryPut(resolved, node);
        }
    }

    private bool TryPut(string path, GuestNode node)
    {
        if (_nodes.TryGetValue(path, out GuestNode? there) && !(there is DirectoryNode { IsImplied: true } && node is DirectoryNode))
        {
            // A directory that both have.
            return there is DirectoryNode && node is DirectoryNode { IsImplied: true };
        }

        if (there is null)
        {
            AddParents(path);
        }

        _nodes[path] = node;
        return true;
    }

    private void AddParents(string path)
    {
        for (string? parent = GuestPath.Parent(path); parent is not null; parent = GuestPath.Parent(parent))
        {
            if (_nodes.TryGetValue(parent, out GuestNode? there))
            {
                if (there is not DirectoryNode)
                {
                    throw new GuestImageException(
                        GuestImageError.PathTaken,
                        $"{path} cannot be in the image: {parent} is no directory there, but {Describe(there)}. Give one of them another path.");
                }

                return;
            }

            _nodes[parent] = new DirectoryNode(GuestNode.ProgramMode, IsImplied: true);
        }
    }

    // Follows the symbolic links that the path leads through, as the guest's kernel will, so that /lib/x goes to /usr/lib/x where the
    // user's own folder has /lib as a link. The last name is not followed.
    private string Resolve(string path)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string at = "/";
        int links = 0;
        for (int i = 0; i < names.Length; i++)
        {
            string next = GuestPath.Combine(at, names[i]);
            if (i < names.Length - 1 && _nodes.GetValueOrDefault(next) is SymbolicLinkNode link)
            {
                if (++links > MaxLinks)
                {
                    throw new GuestImageException(
                        GuestImageError.InvalidPath,
                        $"{path} of the image leads through symbolic links that go round in a circle, at {next}. Mend the links of the folder.");
                }

                // Begun again from where the link points to, since there may be links on the way too.
                string target = link.Target.StartsWith('/') ? link.Target : GuestPath.Combine(at, link.Target);
                names = [.. GuestPath.Normalize(target).Split('/', StringSplitOptions.RemoveEmptyEntries), .. names[(i + 1)..]];
                at = "/";
                i = -1;
                continue;
            }

            at = next;
        }

        return at;
    }

    private static string Describe(GuestNode node) => node switch
    {
        DirectoryNode => "a directory",
        SymbolicLinkNode link => $"a symbolic link to {link.Target}",
        FileNode { Content.HostPath: { } source } => $"the file {source}",
        FileNode => "a file of nex",
        _ => "a device",
    };
}
