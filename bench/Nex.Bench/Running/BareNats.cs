using System.Globalization;
using NATS.Client.Core;
using Nex.Bench.Harness;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Bench.Running;

/// <summary>The program <c>Nex.Bench.BareNats</c>, a native one that does the least on NATS that a node does.</summary>
internal sealed class BareNats : IAsyncDisposable
{
    private readonly ProgramUnderTest _program;

    private BareNats(ProgramUnderTest program) => _program = program;

    internal int ProcessId => _program.ProcessId;

    /// <summary>What it answers requests to.</summary>
    internal string Subject { get; } = "bare.requests";

    /// <param name="answerBytes">How long its answers are.</param>
    internal static async Task<BareNats> StartAsync(BenchContext context, RunningNats nats, int answerBytes)
    {
        ProgramUnderTest program = await ProgramUnderTest.StartAsync(
            context.BareNatsProgram, [nats.Url, "bare.requests", answerBytes.ToString(CultureInfo.InvariantCulture)]);
        _ = await program.LineAsync(static line => line == "ready").Within();
        return new BareNats(program);
    }

    /// <summary>Makes it publish so many messages of so many bytes, as fast as its connection takes them.</summary>
    internal ValueTask PublishAsync(INatsConnection connection, string to, int count, int bytes)
    {
        byte[] request = [.. BitConverter.GetBytes(count), .. BitConverter.GetBytes(bytes)];
        return connection.PublishAsync(Subject, request, replyTo: to, serializer: NatsRawSerializer<byte[]>.Default);
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();
}
