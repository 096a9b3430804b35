using System.Text.RegularExpressions;
using Nex.Node.Configuration;

namespace Nex.Node.Tests.Configuration;

public sealed partial class OptionNamesTests
{
    [Fact]
    public void What_the_process_manager_says_of_an_option_is_said_of_the_key() => Assert.Equal(
        "The kernel /a cannot be read. Set the key kernel_filepath to one that can, or the option Unknown.",
        OptionNames.ToKeys("The kernel /a cannot be read. Set the option KernelPath to one that can, or the option Unknown."));

    /// <summary>Looked for in the sources, since an option that is new there has to get its key here.</summary>
    [Fact]
    public void Every_option_that_an_error_of_the_process_manager_names_has_a_key()
    {
        string[] named =
        [
            .. from file in Directory.EnumerateFiles(RepositoryFile.Path("src", "Nex.ProcessManager"), "*.cs", SearchOption.AllDirectories)
               from line in File.ReadLines(file)
               where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.Contains("LoggerMessage", StringComparison.Ordinal)
               from match in Option().Matches(line)
               select match.Value,
        ];

        Assert.NotEmpty(named);
        Assert.All(named.Distinct(), option => Assert.StartsWith("the key ", OptionNames.ToKeys(option), StringComparison.Ordinal));
    }

    [GeneratedRegex(@"the option [A-Z]\w*(?:\.\w+)?")]
    private static partial Regex Option();
}
