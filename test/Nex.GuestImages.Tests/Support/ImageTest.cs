using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Support;

/// <summary>A test that builds images, in a directory of its own with an agent that is only looked at.</summary>
public abstract class ImageTest : IDisposable
{
    private readonly TempDirectory _directory = new();

    protected ImageTest()
    {
        Agent = PathOf("agent");
        File.WriteAllBytes(Agent, TestElf.Random(5000));
        Folder = Directory.CreateDirectory(PathOf("folder")).FullName;
    }

    private protected string Agent { get; }

    /// <summary>An empty folder to fill.</summary>
    private protected string Folder { get; }

    private protected string DirectoryPath => _directory.Path;

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected string PathOf(string name) => _directory[name];

    private protected string WriteFile(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        string path = PathOf(name);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    private protected GuestImageOptions Options(GuestImageFormat format = GuestImageFormat.Initramfs) =>
        new() { Output = PathOf("image"), Agent = Agent, Format = format };

    private protected static Task<GuestImage> BuildAsync(GuestImageOptions options) => GuestImageBuilder.BuildAsync(options).Within();

    private protected async Task<GuestImageException> RefusesAsync(GuestImageOptions options, GuestImageError error, params string[] hints)
    {
        string[] before = Directory.GetFileSystemEntries(DirectoryPath);

        var refused = await Assert.ThrowsAsync<GuestImageException>(() => BuildAsync(options));

        Assert.True(error == refused.Error, $"{refused.Error}: {refused.Message}");
        Assert.All(hints, hint => Assert.Contains(hint, refused.Message, StringComparison.Ordinal));
        Assert.Equal(before.Order(), Directory.GetFileSystemEntries(DirectoryPath).Order());
        return refused;
    }

    /// <summary>A small kernel, unpacked.</summary>
    private protected async Task<GuestKernel> KernelAsync()
    {
        string package = await new TestPackage().WriteAsync(PathOf("package.deb"));
        return await GuestKernel.UnpackAsync(new GuestKernelOptions { Directory = PathOf("kernel"), PackageFile = package }).Within();
    }
}
