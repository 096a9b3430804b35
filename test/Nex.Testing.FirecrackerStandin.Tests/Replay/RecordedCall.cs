using System.Text.Json;

namespace Nex.Testing.FirecrackerStandin.Tests.Replay;

/// <summary>A call of a recording (<c>JsonLinesRecorder</c>), and what it was answered.</summary>
/// <param name="Status">Null where no answer came.</param>
internal sealed record RecordedCall(string Instance, string Method, string Path, string? Body, int? Status, string? Answer)
{
    internal bool IsAccepted => Status is >= 200 and < 300;

    /// <summary>Whether the guest runs from here on.</summary>
    internal bool IsStart => IsAccepted && Path == "/actions" && Body!.Contains("InstanceStart", StringComparison.Ordinal);

    internal bool IsLoad => Path == "/snapshot/load";

    /// <summary>The fields of the body that name files and sockets, with what they name.</summary>
    internal IReadOnlyList<(string Field, string Path)> Files { get; } = FilesOf(Body);

    internal static IReadOnlyList<RecordedCall> ReadAll(string file) => [.. File.ReadLines(file).Select(Parse)];

    public override string ToString() => $"{Method} {Path} {Body}";

    private static RecordedCall Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        JsonElement call = document.RootElement;
        JsonElement status = call.GetProperty("status");
        return new RecordedCall(
            call.GetProperty("instance").GetString()!,
            call.GetProperty("method").GetString()!,
            call.GetProperty("path").GetString()!,
            Text(call.GetProperty("body")),
            status.ValueKind == JsonValueKind.Null ? null : status.GetInt32(),
            Text(call.GetProperty("answer")));
    }

    /// <summary>What was sent or answered and is no JSON is a string in a recording.</summary>
    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static IReadOnlyList<(string Field, string Path)> FilesOf(string? body)
    {
        try
        {
            using var document = JsonDocument.Parse(body ?? "null");
            return [.. FilesOf(document.RootElement)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Field, string Path)> FilesOf(JsonElement element) =>
        element.ValueKind != JsonValueKind.Object ? [] : element.EnumerateObject().SelectMany(member => member.Value.ValueKind switch
        {
            JsonValueKind.String when ReplayFiles.Fields.Contains(member.Name) => [(member.Name, member.Value.GetString()!)],
            _ => FilesOf(member.Value),
        });
}
