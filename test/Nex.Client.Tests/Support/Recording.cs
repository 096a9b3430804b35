using System.Text.Json;

namespace Nex.Client.Tests.Support;

/// <summary>What a client and a node of the original system said to each other, once.</summary>
internal static class Recording
{
    internal const string NodeId = "NA3Q56GB63Y333JC4DSUC7M6QRI72SGR3GRF74RTIL7AKRAVQFB5YX22";
    internal const string WorkloadId = "dc2foj9ksdue5angnvmg";

    internal static IReadOnlyList<(string Subject, bool IsAnswer, string Payload)> Messages { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Recorded", "original.jsonl")).Select(Read)];

    /// <summary>The first answer on a subject.</summary>
    internal static string Answer(string subject) => Messages.First(message => message.IsAnswer && message.Subject == subject).Payload;

    /// <summary>All answers on a subject, in their order.</summary>
    internal static string[] Answers(string subject) => [.. Messages.Where(message => message.IsAnswer && message.Subject == subject).Select(message => message.Payload)];

    /// <summary>What was asked or published on subjects that begin so.</summary>
    internal static (string Subject, string Payload)[] Published(string beginning) =>
        [.. Messages.Where(message => !message.IsAnswer && message.Subject.StartsWith(beginning, StringComparison.Ordinal)).Select(message => (message.Subject, message.Payload))];

    private static (string, bool, string) Read(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        bool isAnswer = root.TryGetProperty("answer_to", out JsonElement subject);
        return ((isAnswer ? subject : root.GetProperty("subject")).GetString()!, isAnswer, root.GetProperty("payload").GetString()!);
    }
}
