using Microsoft.Win32.SafeHandles;
using Nex.Linux.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Linux.Tests;

public sealed class DescriptorTests
{
    [Fact]
    public void A_file_is_opened_for_reading_only()
    {
        using SafeFileHandle file = Descriptor.OpenReadOnly(TestPrograms.Path("exit"));

        byte[] start = new byte[4];
        Assert.Equal(4, Descriptor.Read(file, start));
        Assert.Equal("\u007fELF"u8.ToArray(), start);
        Assert.NotNull(Record.Exception(() => RandomAccess.Write(file, "x"u8, 0)));
    }

    [Fact]
    public void A_directory_is_opened()
    {
        using SafeFileHandle directory = Descriptor.OpenReadOnly("/proc");

        Assert.False(directory.IsInvalid);
    }

    [Fact]
    public void A_pipe_that_nobody_writes_is_opened_without_a_wait()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("nex-");
        try
        {
            string path = Path.Combine(directory.FullName, "pipe");
            TestLibc.MakePipe(path);

            using SafeFileHandle pipe = Descriptor.OpenReadOnly(path);

            Assert.Equal(0, Descriptor.Read(pipe, new byte[1]));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named_with_the_reason()
    {
        LinuxException failure = Assert.Throws<LinuxException>(() => Descriptor.OpenReadOnly("/nowhere/at all"));

        Assert.Equal("open /nowhere/at all: No such file or directory (errno 2)", failure.Message);
    }

    [Fact]
    public void What_is_opened_or_duplicated_is_not_inherited()
    {
        using SafeFileHandle file = Descriptor.OpenReadOnly("/dev/zero");
        using SafeFileHandle copy = Descriptor.Duplicate(file, lowest: 200);

        (_, string open) = TestChild.Run("show", ["descriptors"]);

        Assert.InRange((int)copy.DangerousGetHandle(), 200, int.MaxValue);
        Assert.DoesNotContain($"{file.DangerousGetHandle()}", open.Split('\n'));
        Assert.DoesNotContain($"{copy.DangerousGetHandle()}", open.Split('\n'));
    }
}
