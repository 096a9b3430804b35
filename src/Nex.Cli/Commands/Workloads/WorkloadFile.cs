using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands.Workloads;

/// <summary>A local file that is to run, and what its first bytes say it is.</summary>
internal static class WorkloadFile
{
    private static ReadOnlySpan<byte> Elf => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    private static ReadOnlySpan<byte> Wasm => [0, (byte)'a', (byte)'s', (byte)'m'];

    /// <exception cref="UsageException">It is not there, or is no file.</exception>
    internal static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"{path} is a directory: name the program itself.");
        }

        FileStream file = File.Exists(path) ? File.OpenRead(path) : throw new UsageException($"{path} does not exist.");
        if (!file.CanSeek)
        {
            file.Dispose();
            throw new UsageException($"{path} is no file that can be read twice: put what comes from a pipe into a file first.");
        }

        return file;
    }

    /// <returns>The type of workload.</returns>
    /// <exception cref="UsageException">It is none, or not of the type that is asked for.</exception>
    internal static string FindType(FileStream file, string? asked)
    {
        Span<byte> start = stackalloc byte[4];
        int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        string? found = start[..read] switch
        {
            var bytes when bytes.SequenceEqual(Elf) => WorkloadTypes.Elf,
            var bytes when bytes.SequenceEqual(Wasm) => WorkloadTypes.Wasm,
            _ => file.Name.EndsWith(".js", StringComparison.OrdinalIgnoreCase) ? WorkloadTypes.V8 : null,
        };
        return (asked is null ? found : WorkloadTypes.Canonical(asked)) switch
        {
            null when asked is null => throw new UsageException($"{file.Name} is neither a Linux program (ELF) nor a WebAssembly module nor a .js file. A script needs its interpreter as the program."),
            null => throw new UsageException($"'{asked}' is no type of workload: use elf, wasm, v8 or oci."),
            WorkloadTypes.Elf when found != WorkloadTypes.Elf => throw new UsageException($"{file.Name} is no Linux program (ELF), which --type elf asks for."),
            WorkloadTypes.Wasm when found != WorkloadTypes.Wasm => throw new UsageException($"{file.Name} is no WebAssembly module, which --type wasm asks for."),
            { } type => type,
        };
    }
}
