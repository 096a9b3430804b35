using System.Text;

namespace Nex.GuestImages.Contents;

/// <summary>What every image has besides the agent and the libraries, unless the user gives something else for it.</summary>
internal static class StandardFiles
{
    /// <param name="withConsole">Whether the kernel opens the console of this image, before anything is mounted.</param>
    internal static void AddTo(GuestTree tree, bool withConsole)
    {
        if (withConsole)
        {
            tree.AddDefault("/dev/console", new CharacterDeviceNode(UnixFileMode.UserRead | UnixFileMode.UserWrite, Major: 5, Minor: 1));
        }

        const UnixFileMode everybody = GuestNode.ProgramMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        tree.AddDefault("/tmp", new DirectoryNode(everybody | UnixFileMode.StickyBit));
        foreach (string path in (string[])["/etc", GuestLayout.Modules, .. GuestLayout.Mounts])
        {
            tree.AddDefault(path, new DirectoryNode(GuestNode.ProgramMode));
        }

        AddText("/etc/passwd", "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
        AddText("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
        AddText("/etc/hostname", "nex\n");
        AddText("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
        AddText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");

        void AddText(string path, string text) =>
            tree.AddDefault(path, new FileNode(GuestNode.DataMode, new GeneratedContent(Encoding.UTF8.GetBytes(text))));
    }
}
