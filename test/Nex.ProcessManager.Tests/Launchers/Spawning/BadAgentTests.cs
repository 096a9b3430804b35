using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

/// <summary>Programs that are no agents, given to a manager as its agent.</summary>
public sealed class BadAgentTests : IDisposable
{
    private const string Beginning = "#!/bin/sh\necho one >&2\necho two >&2\n";
    private static readonly ProcessManagerOptions Options = RealManager.OptionsOf(Sandbox.None) with { StartFailureLimit = 2 };

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_agent_that_does_not_exist_is_named_with_the_remedy()
    {
        string path = _directory["nowhere"];

        ProcessManagerException failure = await FailAsync(path);

        Assert.Equal($"The agent {path} does not exist: put nex-agent there, or set the option AgentPath to where it is.", failure.Message);
    }

    [Fact]
    public async Task An_agent_that_is_not_executable_is_named_with_the_remedy()
    {
        string path = _directory["plain"];
        await File.WriteAllTextAsync(path, "text");

        ProcessManagerException failure = await FailAsync(path);

        Assert.Equal($"The agent {path} is not executable: make it so with chmod +x.", failure.Message);
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_said_to_be_none()
    {
        ProcessManagerException failure = await FailAsync(_directory.WriteProgram("nonsense", "\u007fELF nonsense"));

        Assert.Contains("could not be started", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Exec format error", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", "ended before it said hello. Its process ended with exit code 3. It wrote: one | two")]
    [InlineData("kill -9 $$", "ended before it said hello. Its process ended with SIGKILL. It wrote: one | two")]
    [InlineData("exec sleep 1000", "did not say hello within 1 s. It wrote: one | two")]
    [InlineData("printf 'this is no frame' >&3; exec sleep 1000", "A frame of 1952999795 bytes was announced; at most 524288 are accepted. It wrote: one | two")]
    [InlineData("printf '\\000\\000\\000\\004nope' >&3; exec sleep 1000", "no JSON-RPC 2.0 message")]
    [InlineData("printf '\\000\\000\\000\\000' >&3; exec sleep 1000", "A frame of no bytes was received. It wrote: one | two")]
    [InlineData("printf '\\377\\377\\377\\377' >&3; exec sleep 1000", "A frame of 4294967295 bytes was announced")]
    [InlineData("printf '\\000\\000\\001\\000{' >&3; exit 0", "ended before it said hello. Its process ended with exit code 0. It wrote: one | two")]
    [InlineData("exec 3>&-; exec sleep 1000", "closed the link. It wrote: one | two")]
    public async Task What_is_no_agent_fails_the_start_with_what_it_did_and_wrote(string script, string expected)
    {
        ProcessManagerException failure = await FailAsync(
            _directory.WriteProgram("agent", Beginning + script + "\n"),
            Options with { StartTimeout = TimeSpan.FromSeconds(1), ExitTimeout = TimeSpan.FromSeconds(1) });

        Assert.StartsWith("No agent could be started; 2 attempts failed. The last: Agent ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stranger", 1, "It says that it is agent 'stranger'.")]
    [InlineData("$2", 2, "It speaks version 2 of the agent protocol, and this node version 1")]
    public async Task An_agent_that_is_not_the_one_that_was_started_is_not_used(string id, int protocol, string expected)
    {
        string script = $$$"""
            hello="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"agent_id\":\"{{{id}}}\",\"protocol\":{{{protocol}}},\"version\":\"1\",\"providers\":[]}}"
            printf "\\000\\000\\000\\$(printf %o ${#hello})%s" "$hello" >&3
            exec sleep 1000
            """;

        ProcessManagerException failure = await FailAsync(_directory.WriteProgram("agent", Beginning + script + "\n"));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_agent_leaves_behind_when_it_fails_to_start_is_ended()
    {
        string marker = Guid.NewGuid().ToString("N");
        string left = _directory.WriteProgram("left", "#!/bin/sh\nexec sleep 1000\n");

        // It holds the link, so that only the time for an end by itself tells that the agent has ended.
        _ = await FailAsync(
            _directory.WriteProgram("agent", $"#!/bin/sh\nsh {left} {marker} &\nexit 1\n"),
            Options with { ExitTimeout = TimeSpan.FromMilliseconds(200) });

        Assert.Empty(Testing.Processes.LiveProcesses.With(marker));
    }

    [Fact]
    public async Task What_an_agent_itself_writes_is_logged_by_line_complete_and_in_order()
    {
        await using RealManager host = RealManager.Create(Options with
        {
            StartFailureLimit = 1,
            AgentPath = _directory.WriteProgram("agent", "#!/bin/sh\nprintf 'a first'; printf ' line\\n\\nlast without newline'\nexit 1\n"),
        });

        _ = await FailsAsync(ProcessManagerError.StartFailed, () => host.Manager.StartAsync(host.Delegate));

        Assert.Equal(
            ["a first line", "", "last without newline"],
            host.Log.Lines.Reached.Where(line => line.Id == 100).Select(line => line.Text[(line.Text.IndexOf("wrote: ", StringComparison.Ordinal) + 7)..]));
    }

    private Task<ProcessManagerException> FailAsync(string agentPath) => FailAsync(agentPath, Options);

    /// <summary>A start that fails leaves no process, no directory, no cgroup and no descriptor.</summary>
    private static async Task<ProcessManagerException> FailAsync(string agentPath, ProcessManagerOptions options)
    {
        await OpenWhatStaysOpenAsync();
        string[] before = OpenDescriptors.List();
        await using RealManager host = RealManager.Create(options with { AgentPath = agentPath });

        ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => host.Manager.StartAsync(host.Delegate));

        Assert.Empty(host.Delegate.Started.Reached);
        host.AssertNothingIsLeft();
        Assert.Empty(OpenDescriptors.Since(before));
        return failure;
    }

    /// <summary>The first use of sockets opens what this process then keeps.</summary>
    private static async Task OpenWhatStaysOpenAsync()
    {
        await using RealManager host = await RealManager.StartAsync(Sandbox.None);
    }
}
