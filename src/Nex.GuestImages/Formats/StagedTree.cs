using Nex.GuestImages.Contents;

namespace Nex.GuestImages.Formats;

/// <summary>
/// Contents laid out in a directory of the host, with their permissions, for a tool that reads them from there. Disposing removes it.
/// </summary>
internal sealed class StagedTree : IDisposable
{
    private readonly List<string> _directories = [];

    private StagedTree(string path) => Path = path;

    internal string Path { get; }

    internal static async Task<StagedTree> CreateAsync(GuestTree tree, string path, CancellationToken cancellation)
    {
        var staged = new StagedTree(path);
        try
        {
            await staged.FillAsync(tree, cancellation).ConfigureAwait(false);
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            // What may not be written to cannot be emptied.
            foreach (string directory in _directories)
            {
                File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Directory.Delete(Path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What stays here is only in the way; why the build failed says more.
        }
    }

    private async Task FillAsync(GuestTree tree, CancellationToken cancellation)
    {
        AddDirectory(Path);
        foreach ((string path, GuestNode node) in tree.Nodes)
        {
            string target = Path + path;
            switch (node)
            {
                case DirectoryNode:
                    AddDirectory(target);
                    break;
                case SymbolicLinkNode link:
                    _ = File.CreateSymbolicLink(target, link.Target);
                    break;
                case FileNode file:
                    await AddFileAsync(target, file, cancellation).ConfigureAwait(false);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(tree), node, "Only root can lay this out.");
            }
        }

        // At the end, since nothing can be added to a directory that may not be written to.
        foreach ((string path, GuestNode node) in tree.Nodes.Where(node => node.Value is DirectoryNode).Reverse())
        {
            File.SetUnixFileMode(Path + path, node.Mode);
        }

        File.SetUnixFileMode(Path, tree.Root.Mode);
    }

    private void AddDirectory(string path)
    {
        _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _directories.Add(path);
    }

    private static async Task AddFileAsync(string path, FileNode file, CancellationToken cancellation)
    {
        FileStream output = File.Create(path);
        await using (output.ConfigureAwait(false))
        {
            using Stream content = file.Content.Open();
            await content.CopyToAsync(output, cancellation).ConfigureAwait(false);
        }

        File.SetUnixFileMode(path, file.Mode);
    }
}
