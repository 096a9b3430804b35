namespace Nex.Architecture.Tests;

public sealed class ProjectTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Nex.Protocol"] = [],
        ["Nex.Linux"] = [],
        ["Nex.Control"] = ["Nex.Linux", "Nex.Protocol"],
        ["Nex.Firecracker"] = [],
        ["Nex.GuestImages"] = [],
        ["Nex.Client"] = ["Nex.Control", "Nex.Protocol"],
        ["Nex.Cli"] = ["Nex.Client", "Nex.Control", "Nex.GuestImages", "Nex.Node", "Nex.ProcessManager", "Nex.Protocol"],
        ["Nex.ProcessManager"] = ["Nex.Firecracker", "Nex.Linux", "Nex.Protocol"],
        ["Nex.Agent"] = ["Nex.Linux", "Nex.Protocol"],
        ["Nex.Node"] = ["Nex.Control", "Nex.Linux", "Nex.ProcessManager", "Nex.Protocol", "Nex.Workloads"],
        ["Nex.Workloads"] = ["Nex.Linux", "Nex.ProcessManager", "Nex.Protocol"],
    };

    public static TheoryData<string> AllProjects => [.. Repository.Projects];

    [Fact]
    public void Every_project_has_a_rule() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Repository.Projects);

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void A_project_references_only_those_below_it(string project)
    {
        var forbidden = Repository.ProjectReferences(project).Except(Allowed.GetValueOrDefault(project, []));

        Assert.Empty(forbidden);
    }

    [Theory]
    [InlineData("Nex.Protocol")]
    [InlineData("Nex.Linux")]
    [InlineData("Nex.Agent")]
    public void What_the_agent_is_made_of_references_no_package(string project) =>
        Assert.Empty(Repository.PackageReferences(project));
}
