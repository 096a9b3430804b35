using Nex.GuestImages;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>An image that a test has made.</summary>
internal sealed class GuestWith : IDisposable
{
    private readonly TempDirectory _directory = new();

    internal string Image => _directory["image"];

    /// <summary>Its first process is a program of test/programs, and no agent.</summary>
    internal static async Task<GuestWith> FirstProcessAsync(string program)
    {
        string modules = Path.Combine(Path.GetDirectoryName(GuestFiles.Kernel)!, "modules");
        var guest = new GuestWith();
        _ = await GuestImageBuilder.BuildAsync(new GuestImageOptions
        {
            Output = guest.Image,
            Agent = TestPrograms.Path(program),
            Files = [.. Directory.GetFiles(modules, "v*.ko").Select(module => KeyValuePair.Create($"/lib/nex/modules/{Path.GetFileName(module)}", module))],
        });
        return guest;
    }

    /// <summary>The agent, and what somebody has put into a folder.</summary>
    /// <param name="fill">Is told the folder.</param>
    internal static Task<GuestWith> FolderAsync(Action<string> fill) => ImageAsync(GuestImageFormat.Initramfs, fill);

    /// <summary>The same in another format.</summary>
    internal static async Task<GuestWith> ImageAsync(GuestImageFormat format, Action<string> fill)
    {
        var guest = new GuestWith();
        string folder = Directory.CreateDirectory(guest._directory["folder"]).FullName;
        fill(folder);
        _ = await GuestImageBuilder.BuildAsync(new GuestImageOptions
        {
            Output = guest.Image,
            Format = format,
            Agent = Path.Combine(AppContext.BaseDirectory, "nex-agent"),
            Kernel = GuestKernel.Open(Path.GetDirectoryName(GuestFiles.Kernel)!),
            Folder = folder,
        });
        return guest;
    }

    /// <summary>Machines of the image, whose template is made for it.</summary>
    internal MicroVmOptions Machines(ProcessManagerOptions options) =>
        options.MicroVm with { InitramfsPath = Image, TemplateDirectory = _directory["templates"] };

    public void Dispose() => _directory.Dispose();
}
