using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Replay;

/// <summary>
/// Makes the calls of a recording again, to another Firecracker. Each instance of the recording is a process of its own, from its first call to
/// its last; calls are made one after the other, in the order of the recording.
/// </summary>
internal sealed partial class Replayer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, StandinProcess> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);
    private readonly ReplayReport _report = new();
    private readonly ReplayFiles _files;
    private readonly string _firecracker;
    private int _instances;

    private Replayer(string firecracker)
    {
        _firecracker = firecracker;
        _files = new ReplayFiles(_directory);
    }

    /// <param name="firecracker">The program.</param>
    internal static async Task<ReplayReport> RunAsync(IReadOnlyList<RecordedCall> calls, string firecracker)
    {
        await using var replayer = new Replayer(firecracker);
        HashSet<string> starting = [.. calls.Where(call => call.IsStart).Select(call => call.Instance)];
        Dictionary<string, RecordedCall> last = calls.GroupBy(call => call.Instance).ToDictionary(group => group.Key, group => group.Last());
        foreach (RecordedCall call in calls)
        {
            await replayer.MakeAsync(call, starting.Contains(call.Instance));
            if (ReferenceEquals(call, last[call.Instance]) && replayer._running.Remove(call.Instance, out StandinProcess? process))
            {
                await process.DisposeAsync();
            }
        }

        return replayer._report;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (StandinProcess process in _running.Values)
        {
            await process.DisposeAsync();
        }

        _files.Dispose();
        _directory.Dispose();
    }

    private async Task MakeAsync(RecordedCall call, bool starts)
    {
        if (call is { IsLoad: true, IsAccepted: true } && !_files.HasSnapshot)
        {
            _leftOut.Add(call.Instance);
        }

        if (call.Status is null || _leftOut.Contains(call.Instance))
        {
            _report.LeftOut.Add($"{(call.Status is null ? "No answer was recorded" : "The snapshot was made before the recording")}: {call}");
            return;
        }

        if (!_running.TryGetValue(call.Instance, out StandinProcess? process))
        {
            string socket = _directory[$"{++_instances}.api"];
            process = _running[call.Instance] = await StandinProcess.StartProgramAsync(_firecracker, socket);
        }

        IReadOnlyList<(string Recorded, string Here)> files = _files.Prepare(call, starts);
        Compare(call with { Answer = Replace(call.Answer, files, "") }, await SendAsync(process, call, files));
    }

    /// <returns>Null where the process did not answer.</returns>
    private static async Task<ApiAnswer?> SendAsync(StandinProcess process, RecordedCall call, IReadOnlyList<(string Recorded, string Here)> files)
    {
        try
        {
            return await process.Api.SendAsync(call.Method, call.Path, Replace(call.Body, files, "\""));
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return null;
        }
    }

    private void Compare(RecordedCall expected, ApiAnswer? answer)
    {
        if (answer?.Status != expected.Status)
        {
            _report.Different.Add($"{expected.Status} became {answer?.Status.ToString() ?? "no answer"}: {expected}: {expected.Answer} became {answer?.Body}");
        }
        else if (!expected.IsAccepted && FaultOf(expected.Answer) != FaultOf(answer?.Body))
        {
            _report.Reworded.Add($"{expected}: {FaultOf(expected.Answer)} became {FaultOf(answer?.Body)}");
        }
        else
        {
            _report.Same++;
        }
    }

    /// <summary>Without the place of a fault in the request: a recording does not keep its spaces.</summary>
    private static string? FaultOf(string? answer)
    {
        try
        {
            return JsonNode.Parse(answer ?? "null")?["fault_message"]?.GetValue<string>() is { } fault ? Place().Replace(fault, "") : answer;
        }
        catch (JsonException)
        {
            return answer;
        }
    }

    /// <param name="quote">What stands before and after a file's path.</param>
    private static string? Replace(string? text, IReadOnlyList<(string Recorded, string Here)> files, string quote) => files.Aggregate(
        text, (result, file) => result?.Replace($"{quote}{Encode(file.Recorded)}{quote}", $"{quote}{Encode(file.Here)}{quote}", StringComparison.Ordinal));

    [GeneratedRegex(" at line [0-9]+ column [0-9]+")]
    private static partial Regex Place();

    /// <summary>As it stands in JSON of the recording.</summary>
    private static string Encode(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}
