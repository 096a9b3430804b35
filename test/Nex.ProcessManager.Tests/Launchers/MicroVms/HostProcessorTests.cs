using Nex.ProcessManager.Launchers.MicroVms;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms;

public sealed class HostProcessorTests
{
    private const string Intel = """
        processor	: 0
        vendor_id	: GenuineIntel
        cpu family	: 6
        model		: 143
        model name	: Intel(R) Xeon(R) Processor @ 2.70GHz
        stepping	: 8
        microcode	: 0x1
        cpu MHz		: 2700.018
        flags		: fpu vme amx_tile
        bogomips	: 5400.03

        processor	: 1
        vendor_id	: GenuineIntel
        flags		: fpu vme amx_tile


        """;

    private const string Arm = """
        processor	: 0
        BogoMIPS	: 243.75
        Features	: fp asimd evtstrm
        CPU implementer	: 0x41
        CPU architecture: 8
        CPU variant	: 0x3
        CPU part	: 0xd0c
        CPU revision	: 1


        """;

    [Theory]
    [InlineData(Intel, "2700.018", "1200.000")]
    [InlineData(Intel, "processor	: 1", "processor	: 7")]
    [InlineData(Arm, "243.75", "50.00")]
    public void What_changes_from_one_moment_to_the_next_makes_no_difference(string text, string old, string @new) =>
        Assert.Equal(HostProcessor.ModelIn(text), HostProcessor.ModelIn(text.Replace(old, @new, StringComparison.Ordinal)));

    [Theory]
    [InlineData(Intel, "model		: 143", "model		: 106")]
    [InlineData(Intel, "flags		: fpu vme amx_tile", "flags		: fpu vme")]
    [InlineData(Intel, "stepping	: 8", "stepping	: 6")]
    [InlineData(Arm, "0xd0c", "0xd40")]
    [InlineData(Arm, "fp asimd evtstrm", "fp asimd evtstrm sve")]
    public void Another_processor_is_another(string text, string old, string @new) =>
        Assert.NotEqual(HostProcessor.ModelIn(text), HostProcessor.ModelIn(text.Replace(old, @new, StringComparison.Ordinal)));

    [Fact]
    public void This_host_has_one() => Assert.NotEmpty(HostProcessor.Model);
}
