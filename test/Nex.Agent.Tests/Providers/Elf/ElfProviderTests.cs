using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Agent.Tests.Support;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Files;

namespace Nex.Agent.Tests.Providers.Elf;

public sealed class ElfProviderTests
{
    [Fact]
    public void A_dynamic_program_runs()
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("hello.dyn");

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
        Assert.Equal(["hello"], agent.Texts("stdout"));
    }

    [Fact]
    public void An_interpreter_that_does_not_exist_is_named()
    {
        byte[] program = File.ReadAllBytes(TestPrograms.Path("hello.dyn"));
        int place = program.AsSpan().IndexOf("/lib64/ld-linux"u8);
        Assert.True(place > 0, "The program's interpreter is another one than on Linux on x86-64.");
        Encoding.ASCII.GetBytes("/lib64/ld-other").CopyTo(program, place);

        AssertRefused(program, AgentErrors.InvalidArtifact, "The program needs the interpreter /lib64/ld-other");
    }

    [Theory]
    [InlineData("", "The artifact is empty.")]
    [InlineData("#!/bin/sh\n", "The artifact is no ELF file: it begins with 23212f62, not 7f454c46. It is a script:")]
    public void What_is_no_program_is_refused_and_the_agent_goes_on(string content, string message) =>
        AssertRefused(Encoding.ASCII.GetBytes(content), AgentErrors.InvalidArtifact, message);

    [Fact]
    public void What_only_the_kernel_refuses_is_refused_with_its_reason()
    {
        byte[] program = File.ReadAllBytes(TestPrograms.Path("hello.dyn"));
        int place = program.AsSpan().IndexOf("/lib64/ld-linux"u8);
        program.AsSpan(place, 27).Clear();
        "/etc/passwd"u8.CopyTo(program.AsSpan(place));

        AssertRefused(program, AgentErrors.StartFailed, "The program could not be started: execute ");
    }

    /// <summary>As another workload of the same artifact can make it, where the kernel cannot keep it from that.</summary>
    [Fact]
    public void A_program_that_nobody_may_execute_any_more_runs_all_the_same()
    {
        using AgentDriver agent = AgentDriver.Start();
        using SafeFileHandle artifact = MemoryFile.Create("artifact");
        RandomAccess.Write(artifact, File.ReadAllBytes(TestPrograms.Path("hello.dyn")), 0);
        File.SetUnixFileMode(artifact, UnixFileMode.None);
        MemoryFile.Seal(artifact);

        _ = agent.Deploy(Workload.Of("hello.dyn"), artifact);

        Assert.Equal(new AgentExited { Code = 0 }, agent.WaitForExited());
    }

    private static void AssertRefused(byte[] content, int code, string message)
    {
        using AgentDriver agent = AgentDriver.Start();
        using SafeFileHandle artifact = MemoryFile.Create("artifact");
        RandomAccess.Write(artifact, content, 0);
        MemoryFile.Seal(artifact);

        JsonRpcException failure = Assert.Throws<JsonRpcException>(() => agent.Deploy(Workload.Of("exit"), artifact));

        Assert.Equal(code, failure.Code);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(agent.WorkDirectory));
        agent.Ping();
    }
}
