using System.Text;

namespace Nex.GuestImages.Kernels;

/// <summary>The files of an unpacked kernel.</summary>
internal static class KernelDirectory
{
    internal const string CompressedImage = "vmlinuz";
    internal const string Image = "vmlinux";
    internal const string Configuration = "config";
    internal const string Modules = "modules";
    internal const string Release = "release";

    /// <summary>Where the kernel comes from, and what was wanted of it: two directories with the same text in it are the same.</summary>
    internal const string Origin = "origin";

    internal static GuestKernel Open(string directory) => TryOpen(directory) ?? throw new GuestImageException(
        GuestImageError.NoKernel, $"{directory} holds no unpacked kernel. Make one with: nex kernel --output {directory}");

    /// <summary>Null where there is none.</summary>
    internal static GuestKernel? TryOpen(string directory)
    {
        string path = Path.GetFullPath(directory);
        string[] required = [Release, Origin, CompressedImage, Image, Configuration, Path.Combine(Modules, ModuleDependencies.LoadOrderFile)];
        if (!required.All(file => File.Exists(Path.Combine(path, file))))
        {
            return null;
        }

        KernelOrigin origin = KernelOrigin.Read(Path.Combine(path, Origin));
        return new GuestKernel
        {
            Directory = path,
            Release = File.ReadAllText(Path.Combine(path, Release)).Trim(),
            Modules = [.. File.ReadLines(Path.Combine(path, Modules, ModuleDependencies.LoadOrderFile)).Select(line => line.Split(' ')[0])],
            MissingModules = origin.MissingModules,
        };
    }

    internal static KernelOrigin? TryReadOrigin(string directory) =>
        TryOpen(directory) is null ? null : KernelOrigin.Read(Path.Combine(directory, Origin));
}

/// <summary>Where an unpacked kernel comes from.</summary>
internal sealed record KernelOrigin
{
    /// <summary>The name of the package's file.</summary>
    internal required string PackageFile { get; init; }

    internal required string Sha256 { get; init; }

    /// <summary>The package that was asked for; empty where a file was given.</summary>
    internal required string Package { get; init; }

    internal required IReadOnlyList<string> WantedModules { get; init; }

    internal required IReadOnlyList<string> MissingModules { get; init; }

    internal static KernelOrigin Read(string file)
    {
        var values = File.ReadLines(file)
            .Select(line => line.Split('=', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        return new KernelOrigin
        {
            PackageFile = values.GetValueOrDefault("file", ""),
            Sha256 = values.GetValueOrDefault("sha256", ""),
            Package = values.GetValueOrDefault("package", ""),
            WantedModules = Words("wanted"),
            MissingModules = Words("missing"),
        };

        string[] Words(string key) => values.GetValueOrDefault(key, "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    internal string Format() => new StringBuilder()
        .Append($"file={PackageFile}\n")
        .Append($"sha256={Sha256}\n")
        .Append($"package={Package}\n")
        .Append($"wanted={string.Join(' ', WantedModules)}\n")
        .Append($"missing={string.Join(' ', MissingModules)}\n")
        .ToString();
}
