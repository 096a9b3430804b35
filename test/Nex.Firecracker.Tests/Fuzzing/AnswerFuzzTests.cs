using System.Text;
using Nex.Firecracker.Api;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Fuzzing;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Fuzzing;

/// <summary>What a process answers that its guest has taken over.</summary>
public sealed class AnswerFuzzTests : ClientTest
{
    private const int Answers = 1000;

    private static readonly SnapshotLoad Load = new()
    {
        SnapshotPath = "/state",
        MemBackend = new MemoryBackend { BackendType = MemoryBackendType.File, BackendPath = "/memory" },
    };

    private static readonly Dictionary<string, Func<FirecrackerClient, Task>> All = new(StringComparer.Ordinal)
    {
        ["GET /"] = client => client.GetInstanceInfoAsync(),
        ["GET /version"] = client => client.GetVersionAsync(),
        ["GET /vm/config"] = client => client.GetVmConfigurationAsync(),
        ["GET /machine-config"] = client => client.GetMachineConfigurationAsync(),
        ["GET /balloon"] = client => client.GetBalloonAsync(),
        ["GET /balloon/statistics"] = client => client.GetBalloonStatisticsAsync(),
        ["GET /balloon/hinting/status"] = client => client.GetBalloonHintingStatusAsync(),
        ["GET /hotplug/memory"] = client => client.GetMemoryHotplugAsync(),
        ["GET /mmds"] = client => client.GetMmdsAsync(),
        ["PATCH /vm"] = client => client.PauseAsync(),
        ["PUT /snapshot/load"] = client => client.LoadSnapshotAsync(Load),
    };

    public static TheoryData<string> Calls => [.. All.Keys];

    /// <summary>Any bytes, which mostly are no HTTP any more.</summary>
    [Theory]
    [MemberData(nameof(Calls))]
    public Task Whatever_is_answered_is_read_or_is_a_failure_of_the_client(string call) => AskAsync(call, "firecracker", input => input);

    /// <summary>HTTP as it should be, with any body.</summary>
    [Theory]
    [MemberData(nameof(Calls))]
    public Task Whatever_body_is_answered_is_read_or_is_a_failure_of_the_client(string call) => AskAsync(
        call,
        "firecracker-bodies",
        input => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {(input.Length % 3 == 0 ? 400 : 200)} \r\nContent-Length: {input.Length}\r\n\r\n"), .. input]);

    private async Task AskAsync(string call, string corpus, Func<byte[], byte[]> toAnswer)
    {
        byte[] answer = [];
        Server.OnRequest = async (_, connection) =>
        {
            await connection.SendAsync(answer);
            connection.Close();
        };
        FirecrackerClient client = Connect();
        foreach (byte[] input in Fuzz.Inputs(corpus, Answers))
        {
            answer = toAnswer(input);
            try
            {
                await All[call](client).Within();
            }
            catch (FirecrackerException)
            {
            }
            catch (Exception failure)
            {
                Assert.Fail($"{call} ended with {failure.GetType().Name} for {Fuzz.Keep(corpus, input)}: {failure}");
            }
        }
    }
}
