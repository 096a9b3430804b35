using System.Buffers.Binary;
using System.Formats.Tar;
using System.Text;

namespace Nex.GuestImages.Tests.Support;

/// <summary>Makes small Debian packages with a kernel in them that cannot boot, but is complete otherwise.</summary>
internal sealed class TestPackage
{
    internal const string Release = "6.1.0-1-test";

    private const int SetupSectors = 3;
    private const int CodeBefore = 100;

    internal Packing KernelPacking { get; init; } = Packing.Lz4;

    internal Packing DataPacking { get; init; } = Packing.Gzip;

    internal Packing ModulePacking { get; init; } = Packing.None;

    /// <summary>The kernel itself.</summary>
    internal byte[] Kernel { get; init; } = TestElf.Random(100_000);

    /// <summary>What the setup header says of the length of the kernel; null for the truth.</summary>
    internal uint? ClaimedKernelSize { get; init; }

    /// <summary>Paths under the modules' directory, and what the modules say of themselves.</summary>
    internal Dictionary<string, string[]> Modules { get; init; } = new(StringComparer.Ordinal)
    {
        ["drivers/virtio/virtio-ring.ko"] = [],
        ["drivers/virtio/virtio_mmio.ko"] = ["depends=virtio-ring"],
    };

    internal string BuiltIn { get; init; } = "kernel/fs/ext4/ext4.ko\n";

    internal string BuiltInFacts { get; init; } = "";

    /// <summary>Changes the files of the package before they are packed.</summary>
    internal Action<Dictionary<string, byte[]>> Change { get; init; } = _ => { };

    internal async Task<string> WriteAsync(string file)
    {
        byte[] data = await DataPacking.CompressAsync(Tar(await FilesAsync()));
        using FileStream output = File.Create(file);
        output.Write("!<arch>\n"u8);
        WriteMember(output, "debian-binary", "2.0\n"u8);
        WriteMember(output, "control.tar.xz", "odd"u8);
        WriteMember(output, "data.tar" + DataPacking.Extension(), data);
        return file;
    }

    internal async Task<byte[]> BzImageAsync()
    {
        byte[] payload = await KernelPacking.CompressAsync(Kernel);
        byte[] size = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(size, ClaimedKernelSize ?? (uint)Kernel.Length);

        // gzip has the size at its end already.
        payload = KernelPacking switch
        {
            Packing.Gzip => [.. payload[..^4], .. size],
            Packing.None => payload,
            _ => [.. payload, .. size],
        };
        int code = (SetupSectors + 1) * 512;
        byte[] image = new byte[code + CodeBefore + payload.Length + 50];
        image[0x1f1] = SetupSectors;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x1fe), 0xaa55);
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20f);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x20e), 0x200);
        Encoding.ASCII.GetBytes(Release + " (somebody@somewhere) #1 SMP\0").CopyTo(image, 0x400);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), CodeBefore);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24c), (uint)payload.Length);
        payload.CopyTo(image, code + CodeBefore);
        return image;
    }

    private async Task<Dictionary<string, byte[]>> FilesAsync()
    {
        string modules = $"./lib/modules/{Release}/";
        Dictionary<string, byte[]> files = new(StringComparer.Ordinal)
        {
            [$"./boot/vmlinuz-{Release}"] = await BzImageAsync(),
            [$"./boot/config-{Release}"] = "CONFIG_64BIT=y\n"u8.ToArray(),
            [modules + "modules.builtin"] = Encoding.UTF8.GetBytes(BuiltIn),
            [modules + "modules.builtin.modinfo"] = Encoding.UTF8.GetBytes(BuiltInFacts),
            ["./usr/share/doc/kernel/changelog"] = "none"u8.ToArray(),
        };
        foreach ((string path, string[] facts) in Modules)
        {
            files[$"{modules}kernel/{path}{ModulePacking.Extension()}"] = await ModulePacking.CompressAsync(TestElf.Module(facts));
        }

        Change(files);
        return files;
    }

    private static byte[] Tar(Dictionary<string, byte[]> files)
    {
        using var output = new MemoryStream();
        using (var writer = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true))
        {
            writer.WriteEntry(new GnuTarEntry(TarEntryType.Directory, "./boot/") { ModificationTime = DateTimeOffset.UnixEpoch });
            foreach ((string path, byte[] bytes) in files)
            {
                writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = new MemoryStream(bytes),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return output.ToArray();
    }

    private static void WriteMember(FileStream output, string name, ReadOnlySpan<byte> bytes)
    {
        output.Write(Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{bytes.Length,-10}`\n"));
        output.Write(bytes);
        if (bytes.Length % 2 == 1)
        {
            output.WriteByte((byte)'\n');
        }
    }
}
