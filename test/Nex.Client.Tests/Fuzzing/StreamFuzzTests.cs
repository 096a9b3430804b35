using Nex.Client.Streams;
using Nex.Testing.Fuzzing;

namespace Nex.Client.Tests.Fuzzing;

/// <summary>What anybody may have published on the subjects of logs and events.</summary>
public sealed class StreamFuzzTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task Whatever_is_published_is_a_log_line_or_none() =>
        Fuzz.RunAsync("logs-and-events", 5_000, input => LogLineReader.Read("$NEX.logs.a.b.c.d", input, Now), _ => false);

    [Fact]
    public Task Whatever_is_published_is_an_event_or_none() =>
        Fuzz.RunAsync("logs-and-events", 5_000, input => NodeEventReader.Read("$NEX.events.a.workload_started", input, Now), _ => false);
}
