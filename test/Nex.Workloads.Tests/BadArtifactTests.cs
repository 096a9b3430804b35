using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Workloads.Tests;

/// <summary>What people deploy by mistake: each gets a clear answer, and the pool is whole afterwards.</summary>
public sealed class BadArtifactTests : RealWorkloadTest
{
    private const int MachineOffset = 18;

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task Each_artifact_that_cannot_run_is_refused_with_its_reason(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        byte[] program = await File.ReadAllBytesAsync(TestPrograms.Path("exit"), Token);
        byte[] otherMachine = [.. program];
        otherMachine[MachineOffset] = 183;
        byte[] missingInterpreter = await File.ReadAllBytesAsync(TestPrograms.Path("hello.dyn"), Token);
        Replace(missingInterpreter, "/lib64/ld-linux"u8, "/lib64/no-linux"u8);

        (byte[] Artifact, string Reason)[] cases =
        [
            ([], "empty"),
            ("#!/bin/sh\necho hi\n"u8.ToArray(), "script"),
            ("just some text"u8.ToArray(), "no ELF file"),
            (otherMachine, "arm64"),
            (program[..40], "truncated"),
            (program[..^(program.Length / 2)], "truncated"),
            (missingInterpreter, "/lib64/no-linux"),
        ];
        foreach ((byte[] artifact, string reason) in cases)
        {
            DeployException failure = await Assert.ThrowsAsync<DeployException>(
                () => manager.DeployAsync(Request(), ArtifactSource.Bytes(artifact), Token).Within());
            Assert.Equal(DeployFailure.InvalidArtifact, failure.Failure);
            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(manager.List());
        await AssertPoolIsWholeAsync(manager);
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task Requests_that_no_program_could_be_given_are_refused_before_an_agent_is_taken(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        DeployRequest[] requests =
        [
            Request(new string('x', 1024 * 1024)),
            Request("nul\0inside"),
            Request() with { Environment = new Dictionary<string, string> { ["\0"] = "value" } },
            Request() with { Environment = new Dictionary<string, string> { [""] = "value" } },
        ];
        foreach (DeployRequest request in requests)
        {
            await Assert.ThrowsAsync<InvalidDeployRequestException>(
                () => manager.DeployAsync(request, ArtifactSource.File(TestPrograms.Path("exit")), Token));
        }

        await AssertPoolIsWholeAsync(manager);
    });

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public Task The_largest_arguments_that_are_allowed_arrive_whole(Sandbox sandbox) => RunAsync(sandbox, async manager =>
    {
        // Characters that JSON escapes to six bytes each.
        string largest = new('\u0001', DeployRequestValidator.MaxStringBytes - 1);
        Workload workload = await DeployAsync(manager, "show", "arguments", largest);
        IEnumerable<string> lines = await LinesAsync(workload);
        Assert.Equal($"show\0arguments\0{largest}\0", string.Concat(lines));
    });

    private static void Replace(byte[] bytes, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        int index = bytes.AsSpan().IndexOf(from);
        Assert.True(index > 0);
        to.CopyTo(bytes.AsSpan(index));
    }
}
