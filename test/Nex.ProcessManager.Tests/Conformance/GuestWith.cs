using Nex.GuestImages;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>An image whose first process is a program of test/programs, and no agent.</summary>
internal sealed class GuestWith : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Image => _directory["initramfs"];

    internal static async Task<GuestWith> FirstProcessAsync(string program)
    {
        var guest = new GuestWith();
        string modules = Path.Combine(Path.GetDirectoryName(GuestFiles.Kernel)!, "modules");
        _ = await GuestImageBuilder.BuildAsync(new GuestImageOptions
        {
            Output = guest.Image,
            Agent = TestPrograms.Path(program),
            Files = [.. Directory.GetFiles(modules, "v*.ko").Select(module => KeyValuePair.Create($"/lib/nex/modules/{Path.GetFileName(module)}", module))],
        });
        return guest;
    }

    internal MicroVmOptions Machines(ProcessManagerOptions options) => options.MicroVm with { InitramfsPath = Image };

    public void Dispose() => _directory.Dispose();
}
