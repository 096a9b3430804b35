using Nex.Agent.Tests.Support;
using Nex.Linux.Processes;
using Nex.Protocol.Agents;

namespace Nex.Agent.Tests.Workloads;

public sealed class OutputTests
{
    private const int MaxLine = 64 * 1024;

    [Fact]
    public void Every_line_arrives_in_order_before_the_end()
    {
        const int count = 100_000;
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("write", "lines", $"{count}");

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(Enumerable.Range(0, count).Select(line => $"line {line}"), agent.Texts("stdout"));
        Assert.Empty(agent.Texts("stderr"));
    }

    [Fact]
    public void Each_stream_keeps_its_own_order()
    {
        const int count = 20_000;
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("write", "lines", $"{count}", "both");

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(Enumerable.Range(0, count / 2).Select(line => $"line {2 * line}"), agent.Texts("stdout"));
        Assert.Equal(Enumerable.Range(0, count / 2).Select(line => $"line {(2 * line) + 1}"), agent.Texts("stderr"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(MaxLine - 20)]
    [InlineData(MaxLine)]
    [InlineData(MaxLine + 1)]
    [InlineData((2 * MaxLine) - 1)]
    [InlineData((5 * MaxLine) + 17)]
    public void A_line_of_any_length_arrives_whole_without_a_newline_at_its_end(int length)
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("write", "long", $"{length}");

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        string expected = string.Concat(Enumerable.Range(0, length).Select(index => (char)('a' + (index % 26))));
        Assert.Equal(expected, string.Concat(agent.Texts("stdout")));
        Assert.Equal((length + MaxLine - 1) / MaxLine, agent.Lines.Count);
        Assert.All(agent.Lines.SkipLast(1), line => Assert.True(line.Continues));
    }

    [Theory]
    [InlineData("6f6b0a", "ok")]
    [InlineData("c3a4e282acf09f98800a", "ä€\U0001F600")]
    [InlineData("61ff620a", "a\uFFFDb")]
    [InlineData("c30a", "\uFFFD")]
    [InlineData("eda0800a", "\uFFFD\uFFFD\uFFFD")]
    [InlineData("610062070d0a", "a\0b\a\r")]
    [InlineData("225c3c2f0a", "\"\\</")]
    [InlineData("0a0a", "", "")]
    public void What_is_no_text_is_made_text(string bytes, params string[] lines)
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("write", "hex", bytes);

        _ = agent.WaitForExited();
        Assert.Equal(lines, agent.Texts("stdout"));
    }

    [Fact]
    public void The_longest_line_of_the_worst_bytes_fits_into_a_frame()
    {
        using AgentDriver agent = AgentDriver.Start();
        string worst = string.Concat(Enumerable.Repeat("ff01", 25_000));

        agent.Deploy("write", "hex", worst, worst);

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(100_000, Assert.Single(agent.Texts("stdout")).Length);
    }

    [Fact]
    public void A_stream_that_is_always_full_does_not_hold_the_other_back()
    {
        const int tooMany = 400_000;
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("write", "flood");

        agent.Until(() => agent.Lines.Count > tooMany || agent.Lines.Any(line => line.Stream == "stderr"));

        Assert.Equal("not held back", agent.Lines.First(line => line.Stream == "stderr").Text);
    }

    [Fact]
    public void A_node_that_does_not_read_holds_the_workload_up_and_loses_nothing()
    {
        const int count = 1_000_000, mostKib = 16 * 1024;
        using AgentDriver agent = AgentDriver.Start();
        int before = ResidentKib(agent.ProcessId);

        int pid = agent.Deploy("write", "lines", $"{count}");
        WaitUntilHeldUp(agent.ProcessId, pid);
        int held = ResidentKib(agent.ProcessId);

        Assert.InRange(held - before, 0, mostKib);
        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(Enumerable.Range(0, count).Select(line => $"line {line}"), agent.Texts("stdout"));
        Assert.InRange(ResidentKib(agent.ProcessId) - before, 0, mostKib);
    }

    [Fact]
    public void A_workload_that_ended_while_nobody_read_is_reported_with_its_last_line()
    {
        const int lines = 9000, last = 12_000;
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("write", "tail", $"{lines}", $"{last}");
        WaitUntilChildless(agent.ProcessId);

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(lines + 1, agent.Texts("stdout").Count);
        Assert.Equal(new string('\u0001', last), agent.Texts("stdout")[^1]);
    }

    [Fact]
    public void It_answers_while_the_output_flows()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("write", "flood");

        for (int count = 0; count < 20; count++)
        {
            agent.Ping();
        }
    }

    private static int ResidentKib(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);

    /// <summary>Both sleep, and the workload has written no byte in between: it waits for room in its pipe, and the agent for room on its link.</summary>
    private static void WaitUntilHeldUp(int agent, int workload)
    {
        long deadline = Environment.TickCount64 + (long)AgentDriver.Deadline.TotalMilliseconds;
        string written;
        do
        {
            Assert.True(Environment.TickCount64 < deadline, "The workload was not held up.");
            written = Written(workload);
        }
        while (!Sleeps(workload) || !Sleeps(agent) || !Sleeps(workload) || Written(workload) != written);
    }

    /// <summary>The agent has reaped its workload, and the thread that waits for that has nothing to wait for any more.</summary>
    private static void WaitUntilChildless(int agent)
    {
        long deadline = Environment.TickCount64 + (long)AgentDriver.Deadline.TotalMilliseconds;
        while (Directory.GetDirectories($"/proc/{agent}/task").Any(thread => NameOf(thread) == "exit watcher\n") || !Sleeps(agent))
        {
            Assert.True(Environment.TickCount64 < deadline, "The workload did not end.");
        }
    }

    /// <summary>Empty for a thread that has ended.</summary>
    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool Sleeps(int pid) => ProcessStat.TryRead(pid) is { State: 'S' };

    private static string Written(int pid) => File.ReadLines($"/proc/{pid}/io").First(line => line.StartsWith("wchar:", StringComparison.Ordinal));
}
