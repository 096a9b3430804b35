using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Node.Control;

namespace Nex.Node.Deploys;

/// <summary>Reads requests, of which nothing is believed.</summary>
internal static class RunRequestReader
{
    // More than any real one has, and little enough to read many at once.
    private const int MaxBytes = 1024 * 1024;

    internal static RunRequest ReadRun(ReadOnlyMemory<byte> payload, string nodeId)
    {
        RunRequest request = Read(payload, "deploy", ControlJsonContext.Default.RunRequest);
        ThrowIfMissing(
            "deploy",
            ("type", request.Type is { Length: > 0 }),
            ("location", request.Location is not null),
            ("workload_jwt", request.WorkloadJwt is { Length: > 0 }),
            ("environment", request.Environment is { Length: > 0 }),
            ("sender_public_key", request.SenderPublicKey is { Length: > 0 }),
            ("target_node", request.TargetNode is { Length: > 0 }));
        ThrowIfNull("argv", request.Argv);
        ThrowIfNull("trigger_subjects", request.TriggerSubjects);
        ThrowIfForeign(request.TargetNode!, nodeId);
        return request;
    }

    internal static StopRequest ReadStop(ReadOnlyMemory<byte> payload, string nodeId)
    {
        StopRequest request = Read(payload, "stop", ControlJsonContext.Default.StopRequest);
        ThrowIfMissing(
            "stop",
            ("workload_id", request.WorkloadId is { Length: > 0 }),
            ("workload_jwt", request.WorkloadJwt is { Length: > 0 }),
            ("target_node", request.TargetNode is { Length: > 0 }));
        ThrowIfForeign(request.TargetNode!, nodeId);
        return request;
    }

    /// <summary>The arguments of the program: one that is empty and alone is how some clients write that there are none.</summary>
    internal static IReadOnlyList<string> Argv(RunRequest request) => request.Argv is null or [""] ? [] : [.. request.Argv.Select(argument => argument!)];

    /// <summary>The environment as it was sent, and each name also in upper case, where that name is not taken.</summary>
    internal static Dictionary<string, string> Environment(Dictionary<string, string> sent)
    {
        var environment = new Dictionary<string, string>(sent, StringComparer.Ordinal);
        foreach ((string name, string value) in sent)
        {
            _ = environment.TryAdd(name.ToUpperInvariant(), value);
        }

        return environment;
    }

    internal static (string Bucket, string Key) Location(ArtifactLocation location) =>
        location.TryFind(out string bucket, out string key) is { } fault
            ? throw new RequestRefusedException($"The artifact cannot be found: {fault}.")
            : (bucket, key);

    private static T Read<T>(ReadOnlyMemory<byte> payload, string kind, JsonTypeInfo<T> json)
    {
        if (payload.Length > MaxBytes)
        {
            throw new RequestRefusedException($"The {kind} request has {payload.Length} bytes; at most {MaxBytes} are read.");
        }

        try
        {
            return JsonSerializer.Deserialize(payload.Span, json) ?? throw new RequestRefusedException($"The {kind} request is null.");
        }
        catch (JsonException failure)
        {
            string where = failure.Path is { Length: > 0 and <= 100 } path ? $" at {path}" : "";
            throw new RequestRefusedException($"The {kind} request cannot be read: it is not the JSON that it should be{where}.", failure);
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            // Text that is no Unicode is told in other ways.
            throw new RequestRefusedException($"The {kind} request cannot be read: it is not the JSON that it should be.", failure);
        }
    }

    private static void ThrowIfMissing(string kind, params ReadOnlySpan<(string Name, bool IsThere)> fields)
    {
        var missing = new List<string>();
        foreach ((string name, bool isThere) in fields)
        {
            if (!isThere)
            {
                missing.Add(name);
            }
        }

        if (missing.Count > 0)
        {
            throw new RequestRefusedException($"The {kind} request lacks {string.Join(", ", missing)}.");
        }
    }

    private static void ThrowIfNull(string name, IReadOnlyList<string?>? values)
    {
        for (int index = 0; index < values?.Count; index++)
        {
            if (values[index] is null)
            {
                throw new RequestRefusedException($"{name}[{index}] must not be null.");
            }
        }
    }

    private static void ThrowIfForeign(string target, string nodeId)
    {
        if (target != nodeId)
        {
            throw new RequestRefusedException($"The request is for node {target}, and this is node {nodeId}.");
        }
    }
}
