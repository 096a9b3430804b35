using Nex.GuestImages.Tools;

namespace Nex.GuestImages.Kernels;

/// <summary>Fetches kernels with apt, from where this host gets its packages. Nothing is installed, and no privilege is needed.</summary>
internal static class AptRepository
{
    private const string KernelPrefix = "linux-image-";
    private const int MaxHops = 4;

    /// <summary>Fetches the package with the kernel into a directory, and returns its file.</summary>
    /// <param name="name">A package with a kernel, or one that depends on one, such as linux-image-cloud-amd64.</param>
    internal static async Task<string> FetchAsync(string name, string directory, CancellationToken cancellation)
    {
        string version = "";
        for (int hop = 0; hop < MaxHops; hop++)
        {
            IReadOnlyDictionary<string, string> record = await ShowAsync(name, cancellation).ConfigureAwait(false);
            version = record.GetValueOrDefault("Version", "");
            if (FindKernel(record) is not { } kernel)
            {
                break;
            }

            name = kernel;
        }

        return await DownloadAsync($"{name}={version}", directory, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads the first record of what `apt-cache show` prints, by its fields; lines that go on are left out.</summary>
    internal static IReadOnlyDictionary<string, string> ParseRecord(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n').TakeWhile(line => line.Length > 0))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && line[0] != ' ')
            {
                fields[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return fields;
    }

    /// <summary>The package with the kernel that a package depends on; null for one that has the kernel itself.</summary>
    internal static string? FindKernel(IReadOnlyDictionary<string, string> record) => record.GetValueOrDefault("Depends", "")
        .Split([',', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(dependency => dependency.Split([' ', ':'])[0])
        .FirstOrDefault(dependency => dependency.StartsWith(KernelPrefix, StringComparison.Ordinal));

    private static async Task<IReadOnlyDictionary<string, string>> ShowAsync(string name, CancellationToken cancellation)
    {
        ToolResult result = await HostTool.Find("apt-cache", "apt")
            .RunAsync(["show", "--no-all-versions", "--", name], cancellation).ConfigureAwait(false);
        IReadOnlyDictionary<string, string> record = ParseRecord(result.Output);
        return result.Succeeded && record.ContainsKey("Version")
            ? record
            : throw new GuestImageException(
                GuestImageError.UnknownPackage,
                $"apt knows no package {name}. Fetch the lists of packages with: sudo apt-get update. Or name a package file with --deb.");
    }

    private static async Task<string> DownloadAsync(string package, string directory, CancellationToken cancellation)
    {
        ToolResult result = await HostTool.Find("apt-get", "apt")
            .RunAsync(["download", "--quiet", "--", package], cancellation, directory: directory).ConfigureAwait(false);
        string? file = Directory.EnumerateFiles(directory, "*.deb").SingleOrDefault();
        return result.Succeeded && file is not null
            ? file
            : throw new GuestImageException(
                GuestImageError.DownloadFailed,
                $"apt-get could not download {package}: {result.LastWords}. Check the network, or name a package file with --deb.");
    }
}
