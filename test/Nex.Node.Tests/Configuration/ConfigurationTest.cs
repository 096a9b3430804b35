using Nex.Node.Configuration;
using Nex.Testing.Files;

namespace Nex.Node.Tests.Configuration;

/// <summary>A directory for a configuration, and no environment but what a test says.</summary>
public abstract class ConfigurationTest : IDisposable
{
    private readonly TempDirectory _directory = new();

    protected string Directory => _directory.Path;

    protected Dictionary<string, string> Environment { get; } = [];

    protected NodeConfiguration Load(string json, params ConfigurationOverride[] flags)
    {
        string file = _directory["config.json"];
        File.WriteAllText(file, json);
        return NodeConfigurationLoader.Load(file, flags, Environment.GetValueOrDefault);
    }

    protected IReadOnlyList<ConfigurationFault> FaultsOf(string json, params ConfigurationOverride[] flags) =>
        Assert.Throws<NodeConfigurationException>(() => Load(json, flags)).Faults;

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
