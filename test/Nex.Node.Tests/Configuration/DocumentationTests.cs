using Nex.Node.Configuration;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Tests.Configuration;

public sealed class DocumentationTests
{
    [Fact]
    public void The_document_has_every_key_as_the_program_knows_it()
    {
        string document = File.ReadAllText(RepositoryFile.Path("docs", "configuration.md"));

        foreach ((string heading, IReadOnlyList<ConfigurationKey> keys) in ConfigurationKeys.Groups)
        {
            string table = $"## {heading}\n\n{ConfigurationReference.Table(keys)}";
            Assert.True(document.Contains(table, StringComparison.Ordinal), $"docs/configuration.md should have this:\n\n{table}");
        }

        Assert.All(PublicServerReader.Names, name => Assert.Contains($"`{name}`", document));
    }

    [Fact]
    public void Every_key_has_a_variable_of_its_own() =>
        Assert.Equal(ConfigurationKeys.All.Count, ConfigurationKeys.All.Select(key => key.EnvironmentVariable).Distinct().Count());
}
