using Nex.GuestImages.Elf;
using Nex.Testing.Files;
using Nex.Testing.Fuzzing;

namespace Nex.GuestImages.Tests.Fuzzing;

/// <summary>Programs, libraries and kernel modules that somebody wants in an image.</summary>
public sealed class ElfFuzzTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("elf")]
    [InlineData("elf-libraries")]
    public Task Whatever_a_program_is_it_says_how_it_is_loaded_or_is_none_or_damaged(string corpus) =>
        Fuzz.RunAsync(corpus, 5_000, input => ElfFile.Read(Write(input)), IsDamaged);

    [Fact]
    public Task Whatever_a_module_is_it_tells_of_itself_or_is_damaged() =>
        Fuzz.RunAsync("elf-libraries", 5_000, input => ModuleInfo.Read(Write(input)), IsDamaged);

    private static bool IsDamaged(Exception failure) => failure is GuestImageException { Error: GuestImageError.Damaged };

    private string Write(byte[] input)
    {
        File.WriteAllBytes(_directory["file"], input);
        return _directory["file"];
    }
}
