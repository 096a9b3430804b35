using Nex.GuestImages.Elf;
using Nex.GuestImages.Tests.Support;
using Nex.Testing.Files;

namespace Nex.GuestImages.Tests.Elf;

public sealed class ElfFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Copy => _directory["copy"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_program_of_this_host_tells_its_loader_and_its_libraries()
    {
        ElfFile? shell = ElfFile.Read("/bin/sh");

        Assert.NotNull(shell);
        Assert.True(shell.IsForThisMachine);
        Assert.True(File.Exists(shell.Interpreter));
        Assert.Contains("libc.so.6", shell.Needed);
        Assert.Empty(shell.SearchPath);
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\n")]
    [InlineData("\u007fELF")]
    public void What_is_no_program_is_none(string text)
    {
        File.WriteAllText(Copy, text);

        Assert.Null(ElfFile.Read(Copy));
    }

    [Fact]
    public void A_program_with_any_one_byte_changed_is_read_or_refused_but_breaks_nothing()
    {
        byte[] program = File.ReadAllBytes("/bin/sh");

        // The headers, and the dynamic section.
        ChangeEachByte(program, Enumerable.Range(0, 900).Concat(Enumerable.Range(FindDynamicSection(program), 500)), ElfFile.Read);
    }

    [Fact]
    public void A_module_with_any_one_byte_changed_is_read_or_refused_but_breaks_nothing()
    {
        byte[] module = TestElf.Module("depends=a,b", "name=c");

        ChangeEachByte(module, Enumerable.Range(0, module.Length), ModuleInfo.Read);
    }

    [Fact]
    public void A_program_cut_off_anywhere_is_read_or_refused_but_breaks_nothing()
    {
        byte[] program = File.ReadAllBytes("/bin/sh");
        for (int length = 0; length < program.Length; length += 997)
        {
            File.WriteAllBytes(Copy, program[..length]);
            ReadOrRefuse(() => ElfFile.Read(Copy));
        }
    }

    private void ChangeEachByte(byte[] bytes, IEnumerable<int> places, Func<string, object?> read)
    {
        File.WriteAllBytes(Copy, bytes);
        using FileStream file = new(Copy, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        foreach (int place in places)
        {
            foreach (byte value in (byte[])[0x00, 0x7f, 0x80, 0xff, bytes[place]])
            {
                file.Position = place;
                file.WriteByte(value);
                ReadOrRefuse(() => read(Copy));
            }
        }
    }

    private static void ReadOrRefuse(Func<object?> read)
    {
        try
        {
            _ = read();
        }
        catch (GuestImageException failure)
        {
            Assert.Equal(GuestImageError.Damaged, failure.Error);
        }
    }

    private static int FindDynamicSection(byte[] program)
    {
        int headers = (int)BitConverter.ToInt64(program, 32);
        int count = BitConverter.ToUInt16(program, 56);
        return Enumerable.Range(0, count)
            .Select(index => headers + (index * 56))
            .Where(header => BitConverter.ToInt32(program, header) == 2)
            .Select(header => (int)BitConverter.ToInt64(program, header + 8))
            .Single();
    }
}
