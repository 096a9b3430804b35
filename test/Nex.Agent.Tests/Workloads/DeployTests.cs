using Microsoft.Win32.SafeHandles;
using Nex.Agent.Tests.Support;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Files;

namespace Nex.Agent.Tests.Workloads;

public sealed class DeployTests
{
    [Fact]
    public void Arguments_arrive_exactly_as_given()
    {
        string[] argv = ["arguments", "", "two words", "", "ünïcødé \U0001F600", "\"'\\", "\t", ""];

        Assert.Equal(string.Concat(argv.Prepend("show").Select(text => text + "\0")), Run(Workload.Of("show", argv)));
    }

    [Fact]
    public void The_environment_is_what_the_request_says_and_nothing_else()
    {
        var environment = new Dictionary<string, string> { ["EMPTY"] = "", ["NAME"] = "a=b c", ["ÜMLAUT"] = "größe" };

        Assert.Equal("EMPTY=\0NAME=a=b c\0ÜMLAUT=größe\0", Run(Workload.Of("show", "environment") with { Environment = environment }));
    }

    [Fact]
    public void Without_an_environment_it_has_none() => Assert.Equal("", Run(Workload.Of("show", "environment")));

    [Fact]
    public void It_has_the_three_standard_descriptors_and_no_other() => Assert.Equal("0\n1\n2", Run(Workload.Of("show", "descriptors")));

    [Fact]
    public void It_has_nothing_to_read() => Assert.Equal("", Run(Workload.Of("show", "input")));

    [Theory]
    [InlineData("SigBlk:")]
    [InlineData("SigIgn:")]
    public void No_signal_is_blocked_or_ignored(string name) =>
        Assert.Equal($"{name}\t0000000000000000", Run(Workload.Of("show", "status", name)));

    [Fact]
    public void It_runs_in_the_directory_of_its_agent_which_is_empty()
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("show", "directory");
        _ = agent.WaitForExited();

        Assert.Equal([agent.WorkDirectory], agent.Texts("stdout"));
        Assert.Empty(Directory.GetFileSystemEntries(agent.WorkDirectory));
    }

    [Fact]
    public void It_is_listed_under_the_name_of_its_program()
    {
        using AgentDriver agent = AgentDriver.Start();

        int pid = agent.Deploy(Workload.Of("tree", "polite") with { Program = "my server" });
        Assert.Equal(pid, agent.WaitForId("ready"));

        Assert.Equal("my server\n", File.ReadAllText($"/proc/{pid}/comm"));
        Assert.Equal("my server\0polite\0", File.ReadAllText($"/proc/{pid}/cmdline"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("255", 255)]
    public void Its_exit_code_is_reported(string argument, int code)
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("exit", argument);

        Assert.Equal(new AgentExited { Code = code }, agent.WaitForExited());
        agent.Ping();
    }

    [Theory]
    [InlineData("9", 9)]
    [InlineData("11", 11)]
    [InlineData("15", 15)]
    public void The_signal_that_ended_it_is_reported(string argument, int signal)
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("tree", "signal", argument);

        Assert.Equal(new AgentExited { Signal = signal }, agent.WaitForExited());
        agent.Ping();
    }

    [Fact]
    public void An_agent_serves_one_workload_in_its_life()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "polite");

        AssertRefused(agent, Workload.Of("exit"), AgentErrors.AlreadyDeployed, "This agent has, or had, a workload already.");
        agent.Undeploy(TimeSpan.Zero);
        _ = agent.WaitForExited();
        AssertRefused(agent, Workload.Of("exit"), AgentErrors.AlreadyDeployed, "This agent has, or had, a workload already.");
        agent.Ping();
    }

    [Fact]
    public void A_type_that_it_cannot_run_is_refused()
    {
        using AgentDriver agent = AgentDriver.Start();

        AssertRefused(agent, Workload.Of("exit") with { Type = "wasm" }, AgentErrors.UnsupportedType, "This agent runs no workloads of type 'wasm'.");
        agent.Ping();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("no/such/directory")]
    [InlineData("x*300")]
    public void A_name_that_is_no_file_name_is_refused_and_the_agent_goes_on(string name)
    {
        using AgentDriver agent = AgentDriver.Start();

        AssertRefused(
            agent,
            Workload.Of("exit") with { Program = name == "x*300" ? new string('x', 300) : name },
            AgentErrors.StartFailed,
            "The program could not be started: ");
        agent.Ping();
    }

    [Fact]
    public void Arguments_that_the_kernel_does_not_take_are_refused_and_the_agent_goes_on()
    {
        using AgentDriver agent = AgentDriver.Start();

        AssertRefused(agent, Workload.Of("show", new string('x', 128 * 1024)), AgentErrors.StartFailed, "The program could not be started: ");
        Assert.Empty(Directory.GetFileSystemEntries(agent.WorkDirectory));
        agent.Ping();
    }

    [Fact]
    public void A_program_that_somebody_has_open_for_writing_runs_all_the_same()
    {
        // Another workload can open the very file that it was started from, which nobody can change, but which the kernel then refuses to execute.
        using SafeFileHandle artifact = MemoryFile.Create("artifact");
        RandomAccess.Write(artifact, File.ReadAllBytes(TestPrograms.Path("exit")), 0);
        MemoryFile.Seal(artifact);
        using SafeFileHandle writable = File.OpenHandle(
            $"/proc/self/fd/{artifact.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy(Workload.Of("exit", "6"), artifact);

        Assert.Equal(new AgentExited { Code = 6 }, agent.WaitForExited());
    }

    [Fact]
    public void A_limit_of_processes_is_set()
    {
        string limits = Run(Workload.Of("show", "limits") with { PidsLimit = 1234 });

        Assert.Equal("1234 1234", limits);
    }

    internal static void AssertRefused(AgentDriver agent, AgentDeploy deploy, int code, string message)
    {
        JsonRpcException failure = Assert.Throws<JsonRpcException>(() => agent.Deploy(deploy));
        Assert.Equal(code, failure.Code);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs a program to its good end, and returns what it wrote.</summary>
    private static string Run(AgentDeploy deploy)
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy(deploy);
        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Empty(agent.Texts("stderr"));
        return string.Join('\n', agent.Texts("stdout"));
    }
}
