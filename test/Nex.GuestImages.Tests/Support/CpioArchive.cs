using System.Globalization;
using System.Text;

namespace Nex.GuestImages.Tests.Support;

/// <summary>An entry of an initramfs, as the kernel would see it.</summary>
internal sealed record CpioEntry(string Name, uint Mode, uint User, uint Group, uint Links, uint Time, (uint Major, uint Minor) Device, byte[] Bytes)
{
    internal string Text => Encoding.UTF8.GetString(Bytes);
}

/// <summary>Reads what the kernel unpacks at boot, and is as strict as it can be.</summary>
internal static class CpioArchive
{
    private const int HeaderSize = 110;

    internal static IReadOnlyList<CpioEntry> Read(byte[] archive)
    {
        var entries = new List<CpioEntry>();
        var inodes = new HashSet<uint>();
        for (int at = 0; ;)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            uint[] fields = [.. Enumerable.Range(0, 13).Select(field => uint.Parse(
                Encoding.ASCII.GetString(archive, at + 6 + (field * 8), 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            int nameSize = (int)fields[11];
            string name = Encoding.UTF8.GetString(archive, at + HeaderSize, nameSize - 1);
            Assert.Equal(0, archive[at + HeaderSize + nameSize - 1]);
            int data = Align(at + HeaderSize + nameSize);
            byte[] bytes = archive[data..(data + (int)fields[6])];
            at = Align(data + bytes.Length);
            if (name == "TRAILER!!!")
            {
                Assert.Equal(0, archive.Length % 512);
                Assert.All(archive[at..], rest => Assert.Equal(0, rest));
                return entries;
            }

            // Two entries with one inode would be two names of one file.
            Assert.True(inodes.Add(fields[0]), $"{name} has an inode that another entry has.");
            entries.Add(new CpioEntry(name, fields[1], fields[2], fields[3], fields[4], fields[5], (fields[9], fields[10]), bytes));
        }
    }

    private static int Align(int position) => (position + 3) / 4 * 4;
}
