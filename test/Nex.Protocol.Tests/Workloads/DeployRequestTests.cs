using Nex.Protocol.Workloads;

namespace Nex.Protocol.Tests.Workloads;

public sealed class DeployRequestTests
{
    [Fact]
    public void A_list_that_its_owner_changes_later_does_not_change_the_request()
    {
        string[] argv = ["one", "two"];
        List<string> subjects = ["a.b"];
        var environment = new Dictionary<string, string> { ["NAME"] = "value" };
        var request = new DeployRequest { Name = "w", Argv = argv, TriggerSubjects = subjects, Environment = environment };

        argv[0] = "changed";
        subjects.Add("c.d");
        environment["NAME"] = "changed";
        environment["MORE"] = "";

        Assert.Equal(["one", "two"], request.Argv);
        Assert.Equal(["a.b"], request.TriggerSubjects);
        Assert.Equal("value", Assert.Single(request.Environment).Value);
    }

    [Fact]
    public void Its_collections_cannot_be_changed_through_another_type()
    {
        var request = new DeployRequest { Name = "w", Argv = ["one"], Environment = new Dictionary<string, string> { ["NAME"] = "value" } };

        Assert.Throws<NotSupportedException>(() => ((IList<string>)request.Argv)[0] = "changed");
        Assert.Throws<NotSupportedException>(() => ((IDictionary<string, string>)request.Environment)["NAME"] = "changed");
    }

    [Fact]
    public void A_changed_copy_leaves_the_original()
    {
        var request = new DeployRequest { Name = "w", Argv = ["one"] };

        DeployRequest copy = request with { Argv = ["two"], RetryCount = 1 };

        Assert.Equal(["one"], request.Argv);
        Assert.Equal(0, request.RetryCount);
        Assert.Equal(["two"], copy.Argv);
    }

    [Fact]
    public void Names_of_variables_keep_their_case()
    {
        var environment = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Path"] = "x" };

        var request = new DeployRequest { Name = "w", Environment = environment };

        Assert.False(request.Environment.ContainsKey("PATH"));
    }

    [Fact]
    public void Defaults_are_those_that_are_documented()
    {
        var request = new DeployRequest { Name = "w" };

        Assert.Equal("default", request.Namespace);
        Assert.Equal("elf", request.Type);
        Assert.Empty(request.Argv);
        Assert.Empty(request.Environment);
        Assert.Empty(request.TriggerSubjects);
        Assert.Null(request.Limits);
        Assert.False(request.Essential);
        Assert.Equal(TimeSpan.FromSeconds(10), request.GracePeriod);
    }

    [Fact]
    public void A_collection_that_is_null_is_refused_where_it_is_set()
    {
        Assert.Throws<ArgumentNullException>(() => new DeployRequest { Name = "w", Argv = null! });
        Assert.Throws<ArgumentNullException>(() => new DeployRequest { Name = "w", Environment = null! });
        Assert.Throws<ArgumentNullException>(() => new DeployRequest { Name = "w", TriggerSubjects = null! });
    }
}
