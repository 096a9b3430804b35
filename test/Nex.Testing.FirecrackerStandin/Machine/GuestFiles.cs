using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>What is put into a guest besides what its owner put there: the program of ../Guest, and the modules that it needs.</summary>
internal static class GuestFiles
{
    private const string ModulesVariable = "NEX_STANDIN_MODULES";
    private const string Home = ".standin";
    private const string Program = "standin-init";
    private const int Executable = 0b111_101_101;
    private const int Private = 0b111_000_000;
    private const int Readable = 0b110_100_100;

    /// <summary>In the order in which each finds what it uses.</summary>
    private static readonly string[] Modules =
    [
        "virtio_ring.ko", "virtio.ko", "virtio_mmio.ko", "virtio_console.ko", "vsock.ko", "vmw_vsock_virtio_transport_common.ko", "vsock_loopback.ko",
    ];

    /// <summary>What the kernel is told, so that it starts our program.</summary>
    internal const string Argument = $"rdinit=/{Program}";

    /// <summary>The guest's archive with ours behind it, in a file without a name.</summary>
    /// <exception cref="ApiFaultException">The modules are not there.</exception>
    internal static SafeFileHandle BuildInitrd(SafeFileHandle initrd, string kernelArguments)
    {
        SafeFileHandle file = MemoryFile.Create("initrd");
        using var content = new FileStream(Descriptor.Duplicate(file), FileAccess.Write);
        using (var source = new FileStream(Descriptor.Duplicate(initrd), FileAccess.Read))
        {
            source.Position = 0;
            source.CopyTo(content);
        }

        CpioWriter.Align(content);
        AddOurs(new CpioWriter(content), kernelArguments);
        return file;
    }

    private static void AddOurs(CpioWriter archive, string kernelArguments)
    {
        string modules = FindModules();
        archive.AddFile(Program, Executable, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Program)));
        archive.AddDirectory(Home, Private);
        var configuration = new StringBuilder();
        foreach (string module in Modules.Where(module => File.Exists(Path.Combine(modules, module))))
        {
            archive.AddFile($"{Home}/{module}", Readable, File.ReadAllBytes(Path.Combine(modules, module)));
            _ = configuration.Append($"module {module}\n");
        }

        _ = configuration.Append($"init {InitPath(kernelArguments)}\n");
        archive.AddFile($"{Home}/config", Readable, Encoding.UTF8.GetBytes(configuration.ToString()));
        archive.Finish();
    }

    /// <summary>The guest's own first program.</summary>
    private static string InitPath(string kernelArguments) =>
        kernelArguments.Split(' ').LastOrDefault(word => word.StartsWith("rdinit=", StringComparison.Ordinal))?["rdinit=".Length..] ?? "/init";

    private static string FindModules()
    {
        string directory = Environment.GetEnvironmentVariable(ModulesVariable)
            ?? Path.Combine(FindRoot() ?? "/", "artifacts", "guest", "kernel", "modules");
        return Directory.Exists(directory)
            ? directory
            : throw Faults.Start(
                $"firecracker-standin needs the modules of the guest's kernel, and {directory} does not exist: set {ModulesVariable} to a directory with them.");
    }

    private static string? FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName;
    }
}
