using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Linux.Tests.Processes;

public sealed class ChildrenTests
{
    [Fact]
    public void Without_children_there_is_nothing_to_wait_for_nor_to_reap()
    {
        Assert.False(Children.WaitForExit());
        Assert.Null(Children.TryReap());
        Assert.Empty(Children.Of(Environment.ProcessId));
    }

    [Fact]
    public void A_child_that_runs_is_not_reaped()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);

        Assert.Null(Children.TryReap());
        Assert.Equal([child.ProcessId], Children.Of(Environment.ProcessId));
    }

    [Fact]
    public void Waiting_leaves_the_child_to_be_reaped()
    {
        using TestChild child = TestChild.Start("exit", ["4"]);

        Assert.True(Children.WaitForExit());
        Assert.True(Children.WaitForExit());

        Assert.Equal(new ProcessExit(4, null), child.WaitForExit());
    }

    [Fact]
    public void Every_child_that_ended_is_reaped_once()
    {
        var expected = new Dictionary<int, ProcessExit>();
        for (int code = 0; code < 20; code++)
        {
            expected.Add(Spawn("exit", $"{code}"), new ProcessExit(code, null));
        }

        var reaped = new Dictionary<int, ProcessExit>();
        while (Children.WaitForExit())
        {
            while (Children.TryReap() is { } child)
            {
                reaped.Add(child.ProcessId, child.Exit);
            }
        }

        Assert.Equal(expected.OrderBy(pair => pair.Key), reaped.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void A_group_is_signalled_as_a_whole()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);
        _ = child.ReadLine();

        Assert.True(Children.TrySignal(-child.ProcessId, Signals.Terminate));

        Assert.Equal(new ProcessExit(7, null), child.WaitForExit());
    }

    [Fact]
    public void Nobody_is_signalled_where_nobody_is() => Assert.False(Children.TrySignal(int.MaxValue, Signals.Kill));

    [Fact]
    public void A_process_that_is_gone_has_no_children() => Assert.Empty(Children.Of(int.MaxValue));

    [Fact]
    public void The_children_of_another_process_are_found()
    {
        using TestChild child = TestChild.Start("tree", ["run", TestPrograms.Path("tree"), "stubborn"]);
        int grandchild = int.Parse(child.ReadLine().Split(' ')[1]);
        Assert.Equal($"ready {grandchild}", child.ReadLine());

        Assert.Equal([grandchild], Children.Of(child.ProcessId));
    }

    private static int Spawn(string program, params string[] arguments)
    {
        using var none = new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false);
        return new ChildProcess { Path = TestPrograms.Path(program), Arguments = [program, .. arguments], Descriptors = [none] }.Spawn();
    }
}
