using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Linux.Tests;

public sealed class MemoryFileTests
{
    private static readonly byte[] Content = "the content"u8.ToArray();

    [Fact]
    public void It_can_be_written_until_it_is_sealed()
    {
        using SafeFileHandle file = Create();

        RandomAccess.Write(file, "THE"u8, 0);

        Assert.Equal("THE content", Read(file));
    }

    [Fact]
    public void A_sealed_file_cannot_be_written_grown_or_shrunk()
    {
        using SafeFileHandle file = CreateSealed();

        AssertRefused(() => RandomAccess.Write(file, "THE"u8, 0));
        AssertRefused(() => RandomAccess.Write(file, "more"u8, Content.Length));
        AssertRefused(() => RandomAccess.SetLength(file, Content.Length + 1));
        AssertRefused(() => RandomAccess.SetLength(file, Content.Length - 1));
        Assert.Equal("the content", Read(file));
    }

    [Fact]
    public void Its_owner_cannot_write_it_by_opening_it_again()
    {
        using SafeFileHandle file = CreateSealed();
        string path = $"/proc/self/fd/{file.DangerousGetHandle()}";
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserWrite);

        AssertRefused(() =>
        {
            using SafeFileHandle again = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.Write(again, "THE"u8, 0);
        });
        AssertRefused(() => File.WriteAllText(path, "another content"));
        Assert.Equal("the content", Read(file));
    }

    /// <summary>Its owner is whoever has made it, and in a sandbox without a user of its own that is who runs it.</summary>
    [Fact]
    public void Its_owner_cannot_keep_others_from_executing_it()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 3), "The kernel seals that from Linux 6.3 on.");
        using SafeFileHandle file = CreateSealed();

        AssertRefused(() => File.SetUnixFileMode(file, UnixFileMode.None));
        AssertRefused(() => File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public void Seals_stay()
    {
        using SafeFileHandle file = CreateSealed();

        Assert.Throws<LinuxException>(() => MemoryFile.Seal(file));
    }

    [Fact]
    public void A_sealed_program_can_be_executed()
    {
        using SafeFileHandle program = MemoryFile.Create("program");
        RandomAccess.Write(program, File.ReadAllBytes(TestPrograms.Path("exit")), 0);
        MemoryFile.Seal(program);

        (ProcessExit exit, _) = TestChild.Run(
            "exit", ["5"], child => child with { Path = $"/proc/self/fd/{program.DangerousGetHandle()}" });

        Assert.Equal(new ProcessExit(5, null), exit);
    }

    private static SafeFileHandle Create()
    {
        SafeFileHandle file = MemoryFile.Create("test");
        RandomAccess.Write(file, Content, 0);
        return file;
    }

    private static SafeFileHandle CreateSealed()
    {
        SafeFileHandle file = Create();
        MemoryFile.Seal(file);
        return file;
    }

    private static string Read(SafeFileHandle file)
    {
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }

    private static void AssertRefused(Action action)
    {
        Exception? failure = Record.Exception(action);
        Assert.True(failure is IOException or UnauthorizedAccessException, $"It was not refused: {failure}");
    }
}
