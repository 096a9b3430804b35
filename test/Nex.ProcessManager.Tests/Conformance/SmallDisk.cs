using Nex.Linux;
using Nex.Linux.Machine;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>A file system with little room, which is gone when it is disposed of.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempDirectory _directory = new();

    private SmallDisk(int kibibytes, MountFlags flags)
    {
        Path = _directory["disk"];
        FileSystems.Mount("nex-test", Path, "tmpfs", MountFlags.NoDevices | flags, $"size={kibibytes}k,mode=711");
    }

    internal string Path { get; }

    private string Filler => this["filler"];

    /// <summary>The path of something on it.</summary>
    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Mounts one, or skips the test where this user may not.</summary>
    internal static SmallDisk Mount(int kibibytes, MountFlags flags = MountFlags.None)
    {
        try
        {
            return new SmallDisk(kibibytes, flags);
        }
        catch (LinuxException failure)
        {
            Assert.Skip($"A small disk cannot be mounted here: {failure.Message}.");
            throw;
        }
    }

    /// <summary>Leaves no room on it.</summary>
    internal void Fill()
    {
        using FileStream file = File.Create(Filler, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Gives the room back.</summary>
    internal void Empty() => File.Delete(Filler);

    public void Dispose()
    {
        Assert.True(TestLibc.TryUnmount(Path));
        _directory.Dispose();
    }
}
