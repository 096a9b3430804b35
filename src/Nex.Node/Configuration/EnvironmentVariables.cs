using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>Finds variables of the environment that are meant for a node, and say nothing to it.</summary>
internal static class EnvironmentVariables
{
    // Those of the command line and of Firecracker's client, and what tests and their programs are told with.
    private static readonly string[] OfOthers = ["NEX_CONFIG", "NEX_NAMESPACE", "NEX_LOGLEVEL", "NEX_FIRECRACKER_", "NEX_STANDIN_", "NEX_TEST_", "NEX_DEMO", "NEX_CHAOS_"];

    /// <summary>Those of this process.</summary>
#pragma warning disable RS0030 // Only the names are looked at: a name that nobody knows cannot be looked up.
    internal static IEnumerable<string> Names => Environment.GetEnvironmentVariables().Keys.Cast<string>();
#pragma warning restore RS0030

    internal static void WarnOfUnknown(IEnumerable<string> names, ConfigurationValues values)
    {
        var known = ConfigurationKeys.All.Select(key => key.EnvironmentVariable).ToHashSet(StringComparer.Ordinal);
        foreach (string name in names.Where(name => name.StartsWith(ConfigurationKey.EnvironmentPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!known.Contains(name) && !OfOthers.Any(other => name.StartsWith(other, StringComparison.Ordinal)))
            {
                values.AddWarning($"The variable {ConfigurationValues.Clip(name)} of the environment is no key and has no effect.");
            }
        }
    }
}
