using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Nex.Cli.Commands;

namespace Nex.Cli.Tests.Commands;

/// <summary>What holds for every command there is.</summary>
public sealed partial class CommandTreeTests
{
    // A completion is asked for with all commands.
    private static readonly Command Root = new RootCommands(["[suggest:0]", ""]).Parse().RootCommandResult.Command;

    private static readonly string Documentation = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cli.md"));

    private static readonly (string Path, Command Command)[] All = [.. Walk("", Root)];

    public static TheoryData<string> Paths => [.. All.Select(each => each.Path)];

    public static TheoryData<string> PathsOfWork => [.. All.Where(each => each.Command is NexCommand).Select(each => each.Path)];

    [Fact]
    public void All_commands_are_looked_at() =>
        Assert.All((string[])["", "node", "node up", "devrun", "keys make", "rootfs", "rootfs build", "completion"], path => Assert.NotNull(Find(path)));

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_command_shows_examples_that_can_be_meant(string path)
    {
        IReadOnlyList<(string Line, string Meaning)> examples = Assert.IsType<IExemplified>(Find(path), exactMatch: false).Examples;

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Empty(new RootCommands([.. CommandLineParser.SplitCommandLine(Nex().Match(example.Line).Groups[1].Value)]).Parse().Errors));
    }

    [Theory]
    [MemberData(nameof(PathsOfWork))]
    public void Every_command_takes_json_and_its_document_is_described(string path)
    {
        string table = Documentation[Documentation.IndexOf("## JSON", StringComparison.Ordinal)..Documentation.IndexOf("## Exit codes", StringComparison.Ordinal)];

        Assert.Contains(path, Row().Matches(table).SelectMany(row => Word().Matches(row.Groups[1].Value)).Select(word => word.Groups[1].Value));
        Assert.DoesNotContain(new RootCommands([.. path.Split(' '), "--json"]).Parse().Errors, error => error.Message.Contains("--json", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(PathsOfWork))]
    public void Every_command_is_listed(string path) =>
        Assert.Contains($"`nex {path}", Documentation, StringComparison.Ordinal);

    private static Command Find(string path) => All.Single(each => each.Path == path).Command;

    private static IEnumerable<(string Path, Command Command)> Walk(string path, Command command) =>
    [
        (path, command),
        .. command.Subcommands.SelectMany(each => Walk($"{path} {each.Name}".TrimStart(), each)),
    ];

    // As a shell has it: what is before it becomes root or reads it, what is after it reads what it writes.
    [GeneratedRegex(@"\bnex ([^|)]+)")]
    private static partial Regex Nex();

    [GeneratedRegex(@"^\| ([^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Word();
}
