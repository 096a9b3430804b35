using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>A value that a flag gives.</summary>
/// <param name="Path">The key, such as <c>machine_pool_size</c>.</param>
/// <param name="Text">The value, written as in an environment variable.</param>
/// <param name="Flag">Which flag, for messages.</param>
public sealed record ConfigurationOverride(string Path, string Text, string Flag);

/// <summary>Reads configurations: a file, above it the environment, above that flags.</summary>
public static class NodeConfigurationLoader
{
    /// <summary>Reads a configuration, and checks it as a whole.</summary>
    /// <param name="file">A file of JSON, in which comments and trailing commas are allowed; null for none.</param>
    /// <param name="overrides">What flags say. A key may be there more than once; the last wins.</param>
    /// <param name="environment">Looks up a variable of the environment; by default in that of this process.</param>
    /// <param name="variables">The names of the variables that there are, of which those that look like keys and are none are warned of; by default those of this process.</param>
    /// <exception cref="NodeConfigurationException">There are faults; all are listed.</exception>
    public static NodeConfiguration Load(
        string? file = null,
        IReadOnlyList<ConfigurationOverride>? overrides = null,
        Func<string, string?>? environment = null,
        IEnumerable<string>? variables = null)
    {
        variables ??= environment is null ? EnvironmentVariables.Names : [];
        environment ??= Environment.GetEnvironmentVariable;
        var values = new ConfigurationValues();
        if (file is not null)
        {
            ConfigurationFile.Read(file, values);
        }

        values.Level++;
        foreach (ConfigurationKey key in ConfigurationKeys.All)
        {
            // An empty variable is one that is not set.
            if (environment(key.EnvironmentVariable) is { Length: > 0 } text)
            {
                values.Set(key, text, key.EnvironmentVariable);
            }
        }

        EnvironmentVariables.WarnOfUnknown(variables, values);
        values.Level++;
        foreach (ConfigurationOverride given in overrides ?? [])
        {
            values.Set(ConfigurationKeys.Find(given.Path) ?? throw new ArgumentException($"There is no key {given.Path}.", nameof(overrides)), given.Text, given.Flag);
        }

        return Check(values);
    }

    /// <summary>Whether there is a key of that path.</summary>
    public static bool IsKey(string path) => ConfigurationKeys.Find(path) is not null;

    private static NodeConfiguration Check(ConfigurationValues values)
    {
        var configuration = new NodeConfiguration(values);
        configuration.Settings = NodeSettings.Of(configuration, values);
        configuration.Warnings = values.Warnings;
        return values.Faults.Count == 0 ? configuration : throw new NodeConfigurationException(values.Faults);
    }
}
