using System.Buffers.Binary;
using CsCheck;
using Microsoft.Win32.SafeHandles;
using Nex.Agent.Providers;
using Nex.Agent.Providers.Elf;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Testing.Files;

namespace Nex.Agent.Tests.Providers.Elf;

public sealed class ElfImageTests
{
    private const int HeaderBytes = 64;
    private const int SegmentBytes = 56;

    private static readonly byte[] Static = File.ReadAllBytes(TestPrograms.Path("exit"));
    private static readonly byte[] Dynamic = File.ReadAllBytes(TestPrograms.Path("hello.dyn"));

    [Fact]
    public void A_static_program_needs_no_interpreter() => Assert.Null(Read(Static).Interpreter);

    [Fact]
    public void A_dynamic_program_names_its_interpreter() => Assert.True(File.Exists(Read(Dynamic).Interpreter));

    [Fact]
    public void An_empty_file_is_refused() => AssertRefused([], "The artifact is empty.");

    [Fact]
    public void What_is_no_elf_file_is_refused_by_its_first_bytes()
    {
        AssertRefused("hello world"u8.ToArray(), "The artifact is no ELF file: it begins with 68656c6c, not 7f454c46.");
        AssertRefused([0x7F], "The artifact is no ELF file: it begins with 7f, not 7f454c46.");
    }

    [Fact]
    public void A_script_is_refused_with_what_to_do() => AssertRefused(
        "#!/bin/sh\necho hello\n"u8.ToArray(),
        "The artifact is no ELF file: it begins with 23212f62, not 7f454c46. It is a script: deploy its interpreter, and give the script as an argument.");

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    [InlineData(63)]
    public void A_header_that_is_cut_off_is_refused(int length) =>
        AssertRefused(Static[..length], $"The ELF file is truncated: it has {length} bytes, and its header alone has 64.");

    [Fact]
    public void A_32_bit_program_is_refused() =>
        AssertRefused(Changed(bytes => bytes[4] = 1), "The ELF file is a 32-bit program; only 64-bit programs are run.");

    [Fact]
    public void A_big_endian_program_is_refused() =>
        AssertRefused(Changed(bytes => bytes[5] = 2), "The ELF file is for a big-endian machine; this one is little-endian.");

    [Theory]
    [InlineData(3, "x86 (32-bit)")]
    [InlineData(40, "arm (32-bit)")]
    [InlineData(243, "riscv")]
    [InlineData(8, "machine type 8")]
    public void A_program_for_another_machine_is_refused(ushort machine, string name) =>
        AssertRefused(Changed(bytes => SetUInt16(bytes, 18, machine)), $"The ELF file is for {name}; this machine is ");

    [Theory]
    [InlineData(1, "The ELF file is no program but an object file that was not linked.")]
    [InlineData(4, "The ELF file is no program but a core dump.")]
    [InlineData(0, "The ELF file is no program but a file of type 0.")]
    public void What_is_no_program_is_refused(ushort type, string message) => AssertRefused(Changed(bytes => SetUInt16(bytes, 16, type)), message);

    [Fact]
    public void A_program_without_segments_is_refused()
    {
        AssertRefused(Changed(bytes => SetUInt16(bytes, 56, 0)), "The ELF file has no segments to load (0 program headers of 56 bytes).");
        AssertRefused(Changed(bytes => SetUInt16(bytes, 54, 32)), "The ELF file has no segments to load (");
        AssertRefused(Changed(bytes => EachSegment(bytes, at => bytes[at] = 6)), "The ELF file has no segment to load.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(1_000_000_000)]
    public void Program_headers_outside_of_the_file_are_refused(long table) =>
        AssertRefused(Changed(bytes => SetInt64(bytes, 32, table)), $"The ELF file is truncated: it has {Static.Length} bytes, and its program headers stand at {table}.");

    [Fact]
    public void Program_headers_that_are_cut_off_are_refused() =>
        AssertRefused(Static[..100], "The ELF file is truncated: it has 100 bytes, and its program headers stand at 64.");

    [Fact]
    public void A_segment_that_is_cut_off_is_refused() =>
        AssertRefused(Static[..(Static.Length / 2)], $"The ELF file is truncated: it has {Static.Length / 2} bytes, and its segment ");

    [Fact]
    public void A_segment_whose_end_overflows_is_refused() =>
        AssertRefused(Changed(bytes => EachSegment(bytes, at => SetInt64(bytes, at + 32, -1))), $"The ELF file is truncated: it has {Static.Length} bytes, and its segment ");

    [Fact]
    public void A_segment_of_which_nothing_is_in_the_file_may_stand_anywhere()
    {
        byte[] changed = Changed(bytes =>
        {
            int last = HeaderBytes;
            EachSegment(bytes, at => last = bytes[at] == 1 ? at : last);
            SetInt64(bytes, last + 8, Static.Length + 4096);
            SetInt64(bytes, last + 32, 0);
        });

        Assert.Null(Read(changed).Interpreter);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4097)]
    public void The_name_of_an_interpreter_has_a_sane_length(long length) => AssertRefused(
        Changed(Dynamic, bytes => EachSegment(bytes, at => SetInt64(bytes, at + 32, bytes[at] == 3 ? length : 0))),
        $"The ELF file names its interpreter in {length} bytes; 1 to 4096 are possible.");

    [Fact]
    public void Damaged_headers_give_an_image_or_a_refusal()
    {
        byte[][] originals = [Static, Dynamic];
        using SafeFileHandle file = MemoryFile.Create("fuzz");
        Gen.Select(Gen.OneOf(originals), Gen.Select(Gen.Int[0, HeaderBytes + (12 * SegmentBytes)], Gen.Byte).Array[1, 6], Gen.Int[-3, 2000]).Sample(
            (original, changes, length) =>
            {
                byte[] head = original[..1024];
                foreach ((int place, byte value) in changes)
                {
                    head[place] = value;
                }

                RandomAccess.SetLength(file, length > 0 ? length : original.Length);
                RandomAccess.Write(file, head, 0);
                Exception? failure = Record.Exception(() => ElfImage.Read(file));
                return failure is null or ProviderException { Code: AgentErrors.InvalidArtifact };
            },
            iter: 20_000,
            threads: 1);
    }

    private static ElfImage Read(byte[] content)
    {
        using SafeFileHandle file = MemoryFile.Create("test");
        RandomAccess.Write(file, content, 0);
        return ElfImage.Read(file);
    }

    private static void AssertRefused(byte[] content, string message)
    {
        ProviderException failure = Assert.Throws<ProviderException>(() => Read(content));
        Assert.Equal(AgentErrors.InvalidArtifact, failure.Code);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Changed(Action<byte[]> change) => Changed(Static, change);

    private static byte[] Changed(byte[] original, Action<byte[]> change)
    {
        byte[] bytes = [.. original];
        change(bytes);
        return bytes;
    }

    private static void EachSegment(byte[] bytes, Action<int> change)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(56));
        for (int index = 0; index < count; index++)
        {
            change(HeaderBytes + (index * SegmentBytes));
        }
    }

    private static void SetUInt16(byte[] bytes, int place, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(place), value);

    private static void SetInt64(byte[] bytes, int place, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(place), value);
}
