using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;

namespace Nex.Linux.Tests.Processes;

public sealed class ProcessStatTests
{
    private const string Rest = "1 4242 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 4325376 220 18446744073709551615 1 1 0 0 0";

    [Theory]
    [InlineData("bash")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData(") R 1 2 3")]
    [InlineData("((((")]
    [InlineData("))))")]
    [InlineData("a) (b")]
    public void Fields_are_found_behind_any_name(string name) =>
        Assert.Equal(new ProcessStat(4242, 'S', 1, 77, 987654), ProcessStat.TryParse($"4242 ({name}) S {Rest}\n"));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("4242")]
    [InlineData("4242 (bash")]
    [InlineData("4242 bash) S " + Rest)]
    [InlineData("(bash) S " + Rest)]
    [InlineData(") ( S " + Rest)]
    [InlineData("x (bash) S " + Rest)]
    [InlineData("99999999999 (bash) S " + Rest)]
    [InlineData("4242 (bash) S 1 4242")]
    [InlineData("4242 (bash) S")]
    [InlineData("4242 (bash) SS " + Rest)]
    [InlineData("4242 (bash) S x 4242 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654")]
    [InlineData("4242 (bash) S 1 4242 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9876x4")]
    public void Broken_content_is_no_process(string line) => Assert.Null(ProcessStat.TryParse(line));

    [Theory]
    [InlineData('Z', true)]
    [InlineData('X', true)]
    [InlineData('R', false)]
    [InlineData('T', false)]
    public void A_zombie_is_told_from_what_runs(char state, bool zombie) =>
        Assert.Equal(zombie, ProcessStat.TryParse($"1 (x) {state} {Rest}")!.Value.IsZombie);

    [Fact]
    public void This_process_is_read()
    {
        ProcessStat stat = ProcessStat.TryRead(Environment.ProcessId)!.Value;

        Assert.Equal(Environment.ProcessId, stat.ProcessId);
        Assert.Equal(ProcessControl.ParentProcessId, stat.ParentId);
        Assert.False(stat.IsZombie);
        Assert.True(stat.StartTime > 0);
    }

    [Fact]
    public void A_process_that_does_not_exist_is_none() => Assert.Null(ProcessStat.TryRead(int.MaxValue));

    [Fact]
    public void A_process_with_a_hostile_name_is_read_from_the_kernel()
    {
        using TestChild child = TestChild.Start("tree", ["name", "a) Z (b"]);
        _ = child.ReadLine();

        ProcessStat stat = ProcessStat.TryRead(child.ProcessId)!.Value;

        Assert.False(stat.IsZombie);
        Assert.Equal(Environment.ProcessId, stat.ParentId);
    }

    [Fact]
    public void All_processes_include_this_one_and_its_child()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);

        var ids = ProcessStat.ReadAll().Select(stat => stat.ProcessId).ToHashSet();

        Assert.Contains(Environment.ProcessId, ids);
        Assert.Contains(child.ProcessId, ids);
    }
}
