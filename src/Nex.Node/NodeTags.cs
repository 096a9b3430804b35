using System.Collections.ObjectModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Nex.Node;

/// <summary>The tags that every node adds to its own.</summary>
public static class NodeTags
{
    /// <summary>Its name.</summary>
    public const string Name = "node_name";

    /// <summary>The operating system.</summary>
    public const string OperatingSystem = "nex.os";

    /// <summary>The architecture of its processors, as Go names it: <c>amd64</c>, <c>arm64</c>.</summary>
    public const string Architecture = "nex.arch";

    /// <summary>How many processors it has.</summary>
    public const string CpuCount = "nex.cpucount";

    /// <summary><c>true</c> where its agents have no sandbox.</summary>
    public const string Unsafe = "nex.unsafe";

    /// <summary><c>true</c> once it takes no new workloads.</summary>
    public const string LameDuck = "nex.lameduck";

    /// <summary>The sandbox of its agents: <c>none</c>, <c>namespaces</c>, <c>qemu</c> or <c>firecracker</c>.</summary>
    public const string Sandbox = "nex.sandbox";

    internal static ReadOnlyDictionary<string, string> Of(NodeOptions options, string name, bool lameDuck)
    {
        // Sorted, so that what a node says of itself reads the same each time.
        var tags = new SortedDictionary<string, string>(options.Tags.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [Name] = name,
            [OperatingSystem] = "linux",
            [Architecture] = RuntimeInformation.OSArchitecture switch
            {
                System.Runtime.InteropServices.Architecture.X64 => "amd64",
                System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
                Architecture other => other.ToString().ToLowerInvariant(),
            },
            [CpuCount] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            [Sandbox] = options.Sandbox.ToString().ToLowerInvariant(),
        };
        Set(Unsafe, options.Sandbox == ProcessManager.Configuration.Sandbox.None);
        Set(LameDuck, lameDuck);
        return new ReadOnlyDictionary<string, string>(tags);

        // What is a promise is not left to what somebody has configured.
        void Set(string tag, bool holds)
        {
            if (holds)
            {
                tags[tag] = "true";
            }
            else
            {
                tags.Remove(tag);
            }
        }
    }
}
