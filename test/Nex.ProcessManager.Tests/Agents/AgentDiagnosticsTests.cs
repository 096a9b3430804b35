using System.Text;
using Nex.ProcessManager.Agents;
using Nex.Testing.Recorders;

namespace Nex.ProcessManager.Tests.Agents;

public sealed class AgentDiagnosticsTests
{
    private readonly LogRecorder _log = new();

    [Fact]
    public void Nothing_written_is_nothing_to_tell() => Assert.Equal("", new AgentDiagnostics(_log, "id").Excerpt);

    [Fact]
    public void Output_is_logged_by_line_however_it_was_cut()
    {
        var diagnostics = new AgentDiagnostics(_log, "id");
        foreach (string chunk in new[] { "o", "ne\ntw", "o\n\nthree" })
        {
            diagnostics.Append(Encoding.UTF8.GetBytes(chunk));
        }

        Assert.Equal(["Agent id wrote: one", "Agent id wrote: two", "Agent id wrote: "], _log.Lines.Reached.Select(line => line.Text));
        diagnostics.Complete();
        Assert.Equal("Agent id wrote: three", _log.Lines.Reached[^1].Text);
        Assert.Equal(" It wrote: one | two |  | three", diagnostics.Excerpt);
    }

    [Fact]
    public void The_first_three_and_the_last_five_lines_are_kept_each_of_bounded_length()
    {
        var diagnostics = new AgentDiagnostics(_log, "id");
        diagnostics.Append(Encoding.UTF8.GetBytes("1\n2\n3\n4\n5\n6\n7\n8\n" + new string('x', 1000) + "\n"));

        Assert.Equal($" It wrote: 1 | 2 | 3 | … | 5 | 6 | 7 | 8 | {new string('x', 300)}…", diagnostics.Excerpt);
    }
}
