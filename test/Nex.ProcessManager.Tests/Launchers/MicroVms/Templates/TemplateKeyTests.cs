using Nex.ProcessManager.Launchers.MicroVms.Templates;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Templates;

public sealed class TemplateKeyTests
{
    [Fact]
    public void The_same_parts_are_the_same_template() => Assert.Equal(TemplateKey.Of("kernel", "image"), TemplateKey.Of("kernel", "image"));

    [Fact]
    public void Any_other_part_is_another_template() => Assert.NotEqual(TemplateKey.Of("kernel", "image"), TemplateKey.Of("kernel", "image 2"));

    [Fact]
    public void What_ends_one_part_does_not_begin_the_next() => Assert.NotEqual(TemplateKey.Of("ab", "c"), TemplateKey.Of("a", "bc"));
}
