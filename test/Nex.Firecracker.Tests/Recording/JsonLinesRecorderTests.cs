using System.Text.Json;
using Nex.Firecracker.Api;
using Nex.Firecracker.Recording;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Recording;

public sealed class JsonLinesRecorderTests : ClientTest
{
    private string File => PathOf("calls.jsonl");

    [Fact]
    public async Task Every_call_is_a_line_with_its_answer()
    {
        using var recorder = new JsonLinesRecorder(File);
        FirecrackerClient client = Connect(new FirecrackerClientOptions { Recorder = recorder.Record });

        await client.PutDriveAsync(new Drive { DriveId = "a", IsRootDevice = true, PathOnHost = "/größe" }).Within();
        Server.Answer(200, "{\n  \"firecracker_version\": \"1.16.1\"\n}");
        await client.GetVersionAsync().Within();
        Server.Answer(400, """{"fault_message":"no"}""");
        await FailureOfAsync(client.PauseAsync());
        Server.Answer(500, "no\nJSON");
        await FailureOfAsync(client.PauseAsync());
        Server.OnRequest = static (_, connection) =>
        {
            connection.Close();
            return Task.CompletedTask;
        };
        await FailureOfAsync(client.ResumeAsync());

        Assert.Equal(
            [
                $$$"""{"instance":"{{{SocketPath}}}","method":"PUT","path":"/drives/a","body":{"drive_id":"a","is_root_device":true,"path_on_host":"/größe"},"status":204,"answer":null}""",
                $$$"""{"instance":"{{{SocketPath}}}","method":"GET","path":"/version","body":null,"status":200,"answer":{"firecracker_version":"1.16.1"}}""",
                $$$"""{"instance":"{{{SocketPath}}}","method":"PATCH","path":"/vm","body":{"state":"Paused"},"status":400,"answer":{"fault_message":"no"}}""",
                $$$"""{"instance":"{{{SocketPath}}}","method":"PATCH","path":"/vm","body":{"state":"Paused"},"status":500,"answer":"no\nJSON"}""",
                $$$"""{"instance":"{{{SocketPath}}}","method":"PATCH","path":"/vm","body":{"state":"Resumed"},"status":null,"answer":null}""",
            ],
            Lines());
    }

    /// <summary>Each recorder has opened the file by itself, as those of other processes have.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Lines_of_many_clients_stay_whole(int recorders)
    {
        JsonLinesRecorder[] all = [.. Enumerable.Range(0, recorders).Select(_ => new JsonLinesRecorder(File))];
        FirecrackerClient[] clients = [.. Enumerable.Range(0, 2).Select(index => Connect(new FirecrackerClientOptions { Recorder = all[index % recorders].Record }))];

        await Task.WhenAll(Enumerable.Range(0, 200).Select(index => Task.Run(() => clients[index % 2].ResizeBalloonAsync(index)))).Within();

        Assert.Equal(
            Enumerable.Range(0, 200),
            Lines().Select(line => JsonDocument.Parse(line).RootElement.GetProperty("body").GetProperty("amount_mib").GetInt32()).Order());
        Assert.All(all, recorder => recorder.Dispose());
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        IOException failure = Assert.Throws<IOException>(() => new JsonLinesRecorder("/nowhere/calls"));

        Assert.Equal("/nowhere/calls cannot be opened: No such file or directory", failure.Message);
    }

    [Fact]
    public void A_file_that_is_there_is_added_to_and_is_for_its_owner_alone()
    {
        var exchange = new ApiExchange { Instance = SocketPath, Method = "GET", Path = "/" };
        using (var first = new JsonLinesRecorder(File))
        {
            first.Record(exchange);
        }

        using var second = new JsonLinesRecorder(File);
        second.Record(exchange);

        Assert.Equal(2, Lines().Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    private string[] Lines()
    {
        using var reader = new StreamReader(new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
