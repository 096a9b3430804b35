using System.Text.RegularExpressions;

namespace Nex.Cli.Commands.Workloads;

/// <summary>Names of workloads that are made of names of files.</summary>
internal static partial class WorkloadName
{
    private const int MaxLength = 63;

    /// <summary>Small letters, digits and hyphens, as the file is called without its ending.</summary>
    internal static string Of(string file)
    {
        string name = Other().Replace(Path.GetFileNameWithoutExtension(file).ToLowerInvariant(), "-").Trim('-');
        if (name.Length > MaxLength)
        {
            name = name[..MaxLength].TrimEnd('-');
        }

        return name.Length > 0 ? name : "workload";
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Other();
}
