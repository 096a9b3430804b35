using Microsoft.Win32.SafeHandles;
using Nex.Agent.Guests;
using Nex.Agent.Messages;
using Nex.Agent.Providers;
using Nex.Agent.Providers.Elf;
using Nex.Linux;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Fuzzing;

namespace Nex.Agent.Tests.Fuzzing;

/// <summary>What others have written, and the parsers of the link and of the agent that read it.</summary>
public sealed class ParserFuzzTests
{
    private const int MaxFrameBytes = 1024 * 1024;

    [Fact]
    public Task Whatever_comes_on_a_link_is_messages_or_the_end_of_the_link() =>
        Fuzz.RunAsync("frames", 20_000, ReadFrames, failure => failure is LinkException);

    [Fact]
    public Task Whatever_a_message_holds_is_read_or_refused_as_malformed() =>
        Fuzz.RunAsync("agent-messages", 10_000, ReadMessages, failure => failure is LinkException { Fault: LinkFault.MalformedFrame });

    [Fact]
    public Task Whatever_an_artifact_is_it_is_a_program_or_refused_with_the_reason() =>
        Fuzz.RunAsync("elf", 10_000, ReadImage, failure => failure is ProviderException);

    [Fact]
    public Task Whatever_a_kernel_was_started_with_names_a_link_or_says_what_is_missing() => Fuzz.RunAsync(
        "kernel-command-line", 10_000, input => KernelCommandLine.Parse(System.Text.Encoding.UTF8.GetString(input)), failure => failure is IOException);

    private static void ReadFrames(byte[] input)
    {
        using var reader = new FrameReader(MaxFrameBytes);
        for (int start = 0; start < input.Length;)
        {
            Memory<byte> room = reader.GetMemory();
            int count = Math.Min(Math.Min(room.Length, 1000), input.Length - start);
            input.AsSpan(start, count).CopyTo(room.Span);
            reader.Advance(count);
            start += count;
            while (reader.TryRead(out ReadOnlyMemory<byte> frame))
            {
                var message = JsonRpcMessage.Parse(frame);
                _ = message.TryGetNumber(out _);
            }
        }
    }

    /// <summary>Each by itself: what one of them refuses, another may read.</summary>
    private static void ReadMessages(byte[] input)
    {
        byte[] buffer = [];
        Action[] readers =
        [
            () => AgentMessageReader.UndeployGrace(input), () => AgentMessageReader.Adopt(input), () => AgentMessageReader.Clock(input),
            () => AgentMessageReader.ArtifactChunk(input, ref buffer), () => AgentMessageReader.Deploy(input),
        ];
        LinkException? refusal = null;
        foreach (Action read in readers)
        {
            try
            {
                read();
            }
            catch (LinkException failure) when (failure.Fault == LinkFault.MalformedFrame)
            {
                refusal = failure;
            }
        }

        if (refusal is not null)
        {
            throw refusal;
        }
    }

    private static void ReadImage(byte[] input)
    {
        using SafeFileHandle file = MemoryFile.Create("fuzz");
        RandomAccess.Write(file, input, 0);
        _ = ElfImage.Read(file);
    }
}
