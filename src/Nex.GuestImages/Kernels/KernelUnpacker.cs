using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Nex.GuestImages.Compression;
using Nex.GuestImages.Output;

namespace Nex.GuestImages.Kernels;

/// <summary>Makes an unpacked kernel from a Debian package.</summary>
internal static partial class KernelUnpacker
{
    internal static async Task<GuestKernel> UnpackAsync(GuestKernelOptions options, CancellationToken cancellation)
    {
        // With a separator at its end, as a shell completes it, what is beside it would be in it.
        string directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory));
        KernelOrigin wanted = await DescribeAsync(options, cancellation).ConfigureAwait(false);
        if (!IsWanted(directory, wanted))
        {
            await AtomicDirectory.WriteAsync(
                directory,
                isReplaceable: path => KernelDirectory.TryOpen(path) is not null,
                isWanted: path => IsWanted(path, wanted),
                fill: path => FillAsync(path, directory, options, wanted, cancellation)).ConfigureAwait(false);
        }

        return KernelDirectory.Open(directory);
    }

    private static async Task<KernelOrigin> DescribeAsync(GuestKernelOptions options, CancellationToken cancellation) => new()
    {
        PackageFile = Path.GetFileName(options.PackageFile ?? ""),
        Sha256 = options.PackageFile is { } file ? await HashAsync(file, cancellation).ConfigureAwait(false) : "",
        Package = options.PackageFile is null ? options.Package : "",
        WantedModules = [.. options.Modules.Select(ModuleDependencies.Canonical).Distinct().Order(StringComparer.Ordinal)],
        MissingModules = [],
    };

    // A package that was asked for by name is not looked for again: the network may be away, and a newer one would be a surprise.
    private static bool IsWanted(string directory, KernelOrigin wanted) =>
        KernelDirectory.TryReadOrigin(directory) is { } there
        && there.Package == wanted.Package
        && (wanted.Package.Length > 0 || there.Sha256 == wanted.Sha256)
        && there.WantedModules.SequenceEqual(wanted.WantedModules);

    private static async Task FillAsync(
        string directory, string finalDirectory, GuestKernelOptions options, KernelOrigin wanted, CancellationToken cancellation)
    {
        string package = options.PackageFile ?? await FetchAsync(options.Package, directory, finalDirectory, cancellation).ConfigureAwait(false);
        string workspace = Path.Combine(directory, "unpacking");
        _ = Directory.CreateDirectory(workspace);
        var contents = new PackageContents(package, directory, workspace);
        await Task.Run(() => DebianPackage.Read(package, contents.Take, cancellation), cancellation).ConfigureAwait(false);
        contents.RequireKernel();

        string release = await ExtractImageAsync(directory, cancellation).ConfigureAwait(false);
        IReadOnlyList<string> missing = await KeepModulesAsync(directory, contents, wanted.WantedModules, cancellation).ConfigureAwait(false);
        Directory.Delete(workspace, recursive: true);

        KernelOrigin origin = wanted with
        {
            PackageFile = Path.GetFileName(package),
            Sha256 = await HashAsync(package, cancellation).ConfigureAwait(false),
            MissingModules = missing,
        };
        await File.WriteAllTextAsync(Path.Combine(directory, KernelDirectory.Origin), origin.Format(), cancellation).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(directory, KernelDirectory.Release), release + "\n", cancellation).ConfigureAwait(false);
    }

    // Where other modules are wanted now of a package that was fetched before, it need not be fetched again.
    private static async Task<string> FetchAsync(string package, string directory, string finalDirectory, CancellationToken cancellation)
    {
        if (KernelDirectory.TryReadOrigin(finalDirectory) is { } origin && origin.Package == package)
        {
            string kept = Path.Combine(finalDirectory, origin.PackageFile);
            if (File.Exists(kept) && await HashAsync(kept, cancellation).ConfigureAwait(false) == origin.Sha256)
            {
                string copy = Path.Combine(directory, origin.PackageFile);
                File.Copy(kept, copy);
                return copy;
            }
        }

        return await AptRepository.FetchAsync(package, directory, cancellation).ConfigureAwait(false);
    }

    private static async Task<string> ExtractImageAsync(string directory, CancellationToken cancellation)
    {
        BzImage image = await BzImage.ReadAsync(Path.Combine(directory, KernelDirectory.CompressedImage), cancellation).ConfigureAwait(false);
        await image.ExtractAsync(Path.Combine(directory, KernelDirectory.Image), cancellation).ConfigureAwait(false);
        return image.Release;
    }

    private static async Task<IReadOnlyList<string>> KeepModulesAsync(
        string directory, PackageContents contents, IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        var dependencies = new ModuleDependencies(contents.Modules, contents.BuiltIn);
        IReadOnlyList<string> missing = [.. wanted.Where(name => !dependencies.TryAdd(name))];

        string target = Path.Combine(directory, KernelDirectory.Modules);
        _ = Directory.CreateDirectory(target);
        foreach (string name in dependencies.Needed.Keys)
        {
            File.Move(contents.ModuleFile(name), Path.Combine(target, name + ModuleDependencies.FileExtension));
        }

        string order = string.Concat(dependencies.Needed.Select(module => string.Join(' ', module.Value.Prepend(module.Key)) + "\n"));
        await File.WriteAllTextAsync(Path.Combine(target, ModuleDependencies.LoadOrderFile), order, cancellation).ConfigureAwait(false);
        return missing;
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellation)
    {
        using var stream = new FileStream(HostFiles.OpenRead(file), FileAccess.Read);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
    }

    /// <summary>Takes from a package what is needed of it.</summary>
    private sealed partial class PackageContents(string package, string directory, string workspace)
    {
        private readonly Dictionary<string, string> _modules = new(StringComparer.Ordinal);
        private bool _hasImage;
        private bool _hasConfiguration;

        internal IEnumerable<string> Modules => _modules.Values;

        internal BuiltInModules BuiltIn { get; } = new();

        internal string ModuleFile(string name) => _modules[name];

        internal void Take(string path, Stream content)
        {
            string name = Path.GetFileName(path);
            if (path.StartsWith("boot/vmlinuz-", StringComparison.Ordinal))
            {
                Write(content, Path.Combine(directory, KernelDirectory.CompressedImage));
                _hasImage = true;
            }
            else if (path.StartsWith("boot/config-", StringComparison.Ordinal))
            {
                Write(content, Path.Combine(directory, KernelDirectory.Configuration));
                _hasConfiguration = true;
            }
            else if (name == "modules.builtin")
            {
                BuiltIn.AddNames(ReadText(content));
            }
            else if (name == "modules.builtin.modinfo")
            {
                BuiltIn.AddAliases(ReadText(content));
            }
            else if (ModuleName().Match(name) is { Success: true } module)
            {
                TakeModule(ModuleDependencies.Canonical(module.Groups[1].Value), content);
            }
        }

        internal void RequireKernel()
        {
            if (!_hasImage || !_hasConfiguration || _modules.Count == 0)
            {
                throw new GuestImageException(
                    GuestImageError.NotAKernelPackage,
                    $"{package} holds no Linux kernel with its configuration and modules. Name a package like linux-image-6.1.0-1-cloud-amd64.");
            }
        }

        private void TakeModule(string name, Stream content)
        {
            string file = Path.Combine(workspace, name + ModuleDependencies.FileExtension);
            Write(content, file);
            using (FileStream written = File.OpenRead(file))
            {
                using Stream? module = Decompressor.TryOpen(written);
                if (module is not null)
                {
                    string plain = file + ".plain";
                    Write(module, plain);
                    File.Move(plain, file, overwrite: true);
                }
            }

            _modules[name] = file;
        }

        private static void Write(Stream content, string file)
        {
            using FileStream output = File.Create(file);
            content.CopyTo(output);
        }

        private static string ReadText(Stream content)
        {
            using var reader = new StreamReader(content, leaveOpen: true);
            return reader.ReadToEnd();
        }

        [GeneratedRegex(@"^([A-Za-z0-9_-]+)\.ko(\.(xz|zst|gz))?$", RegexOptions.CultureInvariant)]
        private static partial Regex ModuleName();
    }
}
