using System.Text.RegularExpressions;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>The process manager names its options when it says what to change. Who runs a node knows them as keys of the configuration.</summary>
internal static partial class OptionNames
{
    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["AgentPath"] = AgentKeys.AgentPath.Path,
        ["CgroupParent"] = AgentKeys.CgroupParent.Path,
        ["FirecrackerPath"] = MachineKeys.FirecrackerPath.Path,
        ["InitramfsPath"] = MachineKeys.Initramfs.Path,
        ["Jailer"] = "jailer",
        ["Jailer.ChrootBaseDirectory"] = MachineKeys.ChrootBase.Path,
        ["Jailer.Path"] = MachineKeys.JailerPath.Path,
        ["KernelPath"] = MachineKeys.Kernel.Path,
        ["MemoryMiB"] = MachineKeys.MemoryMiB.Path,
        ["QemuPath"] = MachineKeys.QemuPath.Path,
        ["RootDiskPath"] = MachineKeys.RootDisk.Path,
        ["RunDirectory"] = AgentKeys.RunDirectory.Path,
    };

    /// <summary>The same message with keys in place of options.</summary>
    internal static string ToKeys(string message) =>
        Option().Replace(message, match => Keys.TryGetValue(match.Groups["name"].Value, out string? key) ? $"the key {key}" : match.Value);

    [GeneratedRegex(@"the option (?<name>[A-Z]\w*(?:\.\w+)?)")]
    private static partial Regex Option();
}
