using System.Text;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>Writes an archive of the kind that the kernel unpacks at its start (<c>newc</c>).</summary>
internal sealed class CpioWriter(Stream stream)
{
    private const int Alignment = 4;
    private const int DirectoryType = 0x4000;
    private const int FileType = 0x8000;
    private const int CharacterDeviceType = 0x2000;

    private int _inode;

    internal void AddDirectory(string name, int permissions) => Add(name, DirectoryType | permissions, []);

    internal void AddFile(string name, int permissions, byte[] content) => Add(name, FileType | permissions, content);

    internal void AddCharacterDevice(string name, int permissions, int major, int minor) =>
        Add(name, CharacterDeviceType | permissions, [], major, minor);

    /// <summary>Ends the archive. Another may follow.</summary>
    internal void Finish() => Add("TRAILER!!!", 0, []);

    /// <summary>Fills a stream up to where an archive may begin.</summary>
    internal static void Align(Stream stream)
    {
        while (stream.Position % Alignment != 0)
        {
            stream.WriteByte(0);
        }
    }

    private void Add(string name, int mode, byte[] content, int major = 0, int minor = 0)
    {
        byte[] nameBytes = [.. Encoding.UTF8.GetBytes(name), 0];
        // Inode, mode, user, group, links, time, size, the device that it is on, the device that it is, length of the name, checksum.
        int[] fields = [++_inode, mode, 0, 0, 1, 0, content.Length, 0, 0, major, minor, nameBytes.Length, 0];
        stream.Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(field => field.ToString("X8")))));
        stream.Write(nameBytes);
        Align(stream);
        stream.Write(content);
        Align(stream);
    }
}
