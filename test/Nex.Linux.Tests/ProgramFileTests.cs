using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Linux.Tests;

public sealed class ProgramFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly TempDirectory _directory = new();

    private string Copy => _directory["copy"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_copy_has_the_bytes_of_its_source_and_the_mode_that_was_asked_for()
    {
        ProgramFile.Copy(TestPrograms.Path("exit"), Copy, Mode);
        ProgramFile.WaitUntilWritten(Copy);

        Assert.Equal(File.ReadAllBytes(TestPrograms.Path("exit")), File.ReadAllBytes(Copy));
        Assert.Equal(Mode, File.GetUnixFileMode(Copy));
        Assert.Equal(3, Run());
    }

    [Fact]
    public void What_is_there_is_not_written_over()
    {
        File.WriteAllText(Copy, "");

        _ = Assert.Throws<LinuxException>(() => ProgramFile.Copy(TestPrograms.Path("exit"), Copy, Mode));
        _ = Assert.Throws<FileNotFoundException>(() => ProgramFile.Copy(_directory["nowhere"], _directory["other"], Mode));

        Assert.Equal("", File.ReadAllText(Copy));
    }

    /// <summary>As a child of this process has it that another thread forked while the copy was written, until it executes its program.</summary>
    [Fact]
    public async Task A_copy_that_a_child_still_has_open_for_writing_is_waited_for()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        string source = _directory["pipe"];
        TestLibc.MakePipe(source);
        Task copying = Task.Run(() => ProgramFile.Copy(source, Copy, Mode), stop);
        // More than fits into the pipe: once it is written, the copy has been opened. It has no end before its source has.
        await using FileStream writer = await Task.Run(() => new FileStream(source, FileMode.Open, FileAccess.Write), stop).Within();
        await writer.WriteAsync(await File.ReadAllBytesAsync(TestPrograms.Path("exit"), stop), stop).AsTask().Within();
        using TestChild child = StartWithOpenCopy();
        await writer.DisposeAsync();
        await copying.Within();

        const int textFileBusy = 26;
        Assert.Equal(textFileBusy, Assert.Throws<LinuxException>(() => Run()).Errno);
        Task written = Task.Run(() => ProgramFile.WaitUntilWritten(Copy), stop);
        Assert.True(Children.TrySignal(child.ProcessId, Signals.Kill));
        _ = child.WaitForExit();

        await written.Within();
        Assert.Equal(3, Run());
    }

    private TestChild StartWithOpenCopy()
    {
        string descriptor = Directory.EnumerateFileSystemEntries("/proc/self/fd").Single(entry => new FileInfo(entry).LinkTarget == Copy);
        using SafeFileHandle inherited = TestLibc.DuplicateInheritable(int.Parse(Path.GetFileName(descriptor)));
        TestChild child = TestChild.Start("tree", ["polite"]);
        Assert.StartsWith("ready ", child.ReadLine(), StringComparison.Ordinal);
        return child;
    }

    private int? Run()
    {
        using SafeFileHandle none = File.OpenHandle("/dev/null");
        int pid = new ChildProcess { Path = Copy, Arguments = [Copy, "3"], Descriptors = [none, none, none], CloseOtherDescriptors = true }.Spawn();
        using PidFd process = PidFd.OpenNewChild(pid)!;
        Assert.True(Readiness.IsReadable(process.Descriptor));
        return process.TryReap()?.Code;
    }
}
