using Nex.GuestImages.Tests.Support;

namespace Nex.GuestImages.Tests.Contents;

/// <summary>Real programs and libraries, made by the compiler of this host.</summary>
public sealed class SharedLibrariesTests : ImageTest
{
    private const string CallsInner = "int inner(void); int outer(void); int outer(void) { return inner(); }";
    private const string Inner = "int inner(void); int inner(void) { return 7; }";
    private const string Main = "int outer(void); int main(void) { return outer(); }";

    [Fact]
    public async Task The_C_library_and_the_loader_are_there_for_workloads_that_come_later()
    {
        GuestImage image = await BuildAsync(Options());

        string directory = Path.GetDirectoryName(image.Entries.Single(entry => Path.GetFileName(entry.Path) == "libc.so.6").Path)!;
        Assert.Contains(image.Entries, entry => entry.Path == $"{directory}/libm.so.6");
        GuestImageEntry loader = image.Entries.Single(entry => Path.GetFileName(entry.Path).StartsWith("ld-linux", StringComparison.Ordinal));
        Assert.Equal(loader.Path, loader.Source);
    }

    [Fact]
    public async Task A_program_brings_the_libraries_of_its_libraries()
    {
        (string program, string libraries) = await CompileAsync("-Wl,-rpath,$ORIGIN/../lib");

        GuestImage image = await BuildAsync(Options() with { Files = [new("/opt/app/bin/program", program)] });

        Assert.Equal(Path.Combine(libraries, "libouter.so"), Source(image, "/opt/app/lib/libouter.so"));
        Assert.Equal(Path.Combine(libraries, "libinner.so"), Source(image, "/opt/app/lib/libinner.so"));
    }

    [Fact]
    public async Task An_absolute_search_path_keeps_its_place()
    {
        (string program, string libraries) = await CompileAsync("-Wl,-rpath," + PathOf("app/lib"));

        GuestImage image = await BuildAsync(Options() with { Files = [new("/program", program)] });

        Assert.NotNull(Source(image, Path.Combine(libraries, "libouter.so")));
    }

    [Fact]
    public async Task A_search_path_of_the_old_kind_holds_for_the_libraries_too()
    {
        (string program, _) = await CompileAsync("-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib", libraryOption: "-Wl,--as-needed");

        GuestImage image = await BuildAsync(Options() with { Files = [new("/opt/app/bin/program", program)] });

        Assert.NotNull(Source(image, "/opt/app/lib/libinner.so"));
    }

    [Fact]
    public async Task A_library_in_the_users_own_folder_is_taken_from_there()
    {
        (string program, string libraries) = await CompileAsync("-Wl,-rpath,$ORIGIN/../lib");
        _ = Directory.CreateDirectory(PathOf("folder/opt/lib"));
        File.Move(Path.Combine(libraries, "libouter.so"), PathOf("folder/opt/lib/libouter.so"));
        File.Move(Path.Combine(libraries, "libinner.so"), PathOf("folder/opt/lib/libinner.so"));

        GuestImage image = await BuildAsync(Options() with { Folder = Folder, Files = [new("/opt/bin/program", program)] });

        Assert.Equal(PathOf("folder/opt/lib/libouter.so"), Source(image, "/opt/lib/libouter.so"));
    }

    [Fact]
    public async Task A_library_that_is_nowhere_is_named_with_who_needs_it()
    {
        (string program, _) = await CompileAsync("-Wl,-rpath,/nowhere");

        _ = await RefusesAsync(
            Options() with { Files = [new("/program", program)] }, GuestImageError.LibraryMissing, "libouter.so", program, "/nowhere");
    }

    [Fact]
    public async Task Libraries_are_taken_through_links_and_put_where_the_guest_looks()
    {
        // In Debian libz.so.1 is a link to libz.so.1.2.13, beside the C library or in a configured directory.
        string program = await Compiler.CompileAsync("int main(void) { return 0; }", PathOf("linked"), "-Wl,--no-as-needed", "-lz");

        GuestImage image = await BuildAsync(Options() with { Files = [new("/program", program)] });

        GuestImageEntry library = image.Entries.Single(entry => Path.GetFileName(entry.Path) == "libz.so.1");
        Assert.Equal(GuestImageEntryKind.File, library.Kind);
        Assert.Contains(image.Entries, entry => entry.Path == Path.Combine(Path.GetDirectoryName(library.Path)!, "libc.so.6"));
    }

    [Fact]
    public async Task What_only_looks_like_a_program_is_data()
    {
        byte[] program = await File.ReadAllBytesAsync("/bin/sh");
        await File.WriteAllBytesAsync(PathOf("folder/cut-off"), program[..(program.Length / 3)]);
        await File.WriteAllBytesAsync(PathOf("folder/short"), program[..20]);
        await File.WriteAllBytesAsync(PathOf("folder/foreign"), TestElf.Foreign());

        GuestImage image = await BuildAsync(Options() with { Folder = Folder });

        Assert.All(["/cut-off", "/short", "/foreign"], path => Assert.NotNull(Source(image, path)));
    }

    private static string? Source(GuestImage image, string path) => image.Entries.SingleOrDefault(entry => entry.Path == path)?.Source;

    // bin/program needs libouter.so, which needs libinner.so, both in lib.
    private async Task<(string Program, string Libraries)> CompileAsync(string programOption, string libraryOption = "-Wl,-rpath,$ORIGIN")
    {
        string libraries = Directory.CreateDirectory(PathOf("app/lib")).FullName;
        _ = Directory.CreateDirectory(PathOf("app/bin"));
        _ = await Compiler.CompileAsync(Inner, Path.Combine(libraries, "libinner.so"), "-shared", "-fPIC");
        _ = await Compiler.CompileAsync(CallsInner, Path.Combine(libraries, "libouter.so"), "-shared", "-fPIC", "-L" + libraries, "-linner", libraryOption);
        string program = await Compiler.CompileAsync(
            Main, PathOf("app/bin/program"), "-L" + libraries, "-louter", "-Wl,-rpath-link," + libraries, programOption);
        return (program, libraries);
    }
}
