namespace Nex.Node.Configuration;

/// <summary>Something in a configuration that cannot be used.</summary>
/// <param name="Source">Where it stands: the file, the environment variable or the flag.</param>
/// <param name="Path">The key, with the objects around it, such as <c>machine_template.vcpu_count</c>; empty for the file as a whole.</param>
/// <param name="Message">What was expected, and what is there.</param>
public sealed record ConfigurationFault(string Source, string Path, string Message)
{
    /// <summary>One line.</summary>
    public override string ToString() => Path.Length == 0 ? $"{Source}: {Message}" : $"{Source}: {Path}: {Message}";
}

/// <summary>A configuration has faults. The message lists all of them, one a line.</summary>
public sealed class NodeConfigurationException : Exception
{
    /// <summary>Makes one of all faults that there are.</summary>
    public NodeConfigurationException(IReadOnlyList<ConfigurationFault> faults)
        : base(Describe(faults)) => Faults = faults;

    /// <summary>At least one.</summary>
    public IReadOnlyList<ConfigurationFault> Faults { get; }

    private static string Describe(IReadOnlyList<ConfigurationFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        string count = faults.Count == 1 ? "a fault" : $"{faults.Count} faults";
        return $"The configuration of the node has {count}:\n" + string.Join('\n', faults.Select(fault => "  " + fault));
    }
}
