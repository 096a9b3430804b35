namespace Nex.Control.Tests;

public sealed class SubjectTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData(">")]
    [InlineData("*")]
    [InlineData("a b")]
    [InlineData("a\n")]
    public void A_namespace_that_is_no_token_makes_no_subject(string @namespace) =>
        Assert.Throws<ArgumentException>(() => ControlSubjects.Deploy(@namespace, "N1"));

    [Fact]
    public void Subjects_are_those_of_the_contract()
    {
        Assert.Equal("$NEX.DEPLOY.default.N1", ControlSubjects.Deploy("default", "N1"));
        Assert.Equal("$NEX.logs.default.N1.echo.w1", ControlSubjects.Log("default", "N1", "echo", "w1"));
        Assert.Equal("$NEX.logs.default.*.echo.*", ControlSubjects.Pattern("logs", "default", null, "echo", null));
    }
}
