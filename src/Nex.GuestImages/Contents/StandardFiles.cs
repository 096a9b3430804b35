using System.Text;

namespace Nex.GuestImages.Contents;

/// <summary>What every image has besides the agent and the libraries, unless the user gives something else for it.</summary>
internal static class StandardFiles
{
    internal static void AddTo(GuestTree tree)
    {
        foreach (string path in (string[])["/dev", "/etc", GuestLayout.Modules, "/proc", "/run", "/sys", "/work"])
        {
            tree.AddDefault(path, new DirectoryNode(GuestNode.ProgramMode));
        }

        const UnixFileMode everybody = GuestNode.ProgramMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        tree.AddDefault("/tmp", new DirectoryNode(everybody | UnixFileMode.StickyBit));

        AddText("/etc/passwd", "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
        AddText("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
        AddText("/etc/hostname", "nex\n");
        AddText("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
        AddText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");

        void AddText(string path, string text) =>
            tree.AddDefault(path, new FileNode(GuestNode.DataMode, new GeneratedContent(Encoding.UTF8.GetBytes(text))));
    }
}
