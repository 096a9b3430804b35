using Microsoft.Win32.SafeHandles;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>What the guest starts from.</summary>
internal sealed record BootSource
{
    /// <summary>The kernel's command line where none is given.</summary>
    private const string DefaultArguments =
        "reboot=k panic=1 nomodule 8250.nr_uarts=0 i8042.noaux i8042.nomux i8042.dumbkbd swiotlb=noforce";

    public required string KernelImagePath { get; init; }

    public string? InitrdPath { get; init; }

    public string? BootArgs { get; init; }

    internal string Arguments() => BootArgs ?? DefaultArguments;
}

/// <summary>The files of a boot source, open from the moment that it was put: what becomes of their paths later does not matter.</summary>
internal sealed class BootFiles : IDisposable
{
    private BootFiles(BootSource source, SafeFileHandle kernel, SafeFileHandle? initrd)
    {
        Source = source;
        Kernel = kernel;
        Initrd = initrd;
    }

    internal BootSource Source { get; }

    internal SafeFileHandle Kernel { get; }

    internal SafeFileHandle? Initrd { get; }

    /// <exception cref="ApiFaultException">One of them cannot be opened.</exception>
    internal static BootFiles Open(BootSource source)
    {
        SafeFileHandle kernel = OpenOne(source.KernelImagePath, Faults.KernelFile);
        try
        {
            return new BootFiles(source, kernel, source.InitrdPath is { } path ? OpenOne(path, Faults.InitrdFile) : null);
        }
        catch (ApiFaultException)
        {
            kernel.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Initrd?.Dispose();
    }

    private static SafeFileHandle OpenOne(string path, string fault)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw Faults.BootSource($"{fault}{HostError.Text(failure)}");
        }
    }
}
