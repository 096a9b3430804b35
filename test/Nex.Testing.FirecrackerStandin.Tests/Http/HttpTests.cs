using System.Net.Sockets;
using Nex.Testing.FirecrackerStandin.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Http;

public sealed class HttpTests(SharedStandin shared) : IClassFixture<SharedStandin>
{
    private const string Dropped = "\nAll previous unanswered requests will be dropped.\" }";

    private readonly StandinProcess _standin = shared.Standin;

    [Fact]
    public async Task An_answer_has_Firecrackers_headers()
    {
        ApiAnswer answer = await _standin.Api.GetAsync("/version");

        Assert.Equal(
            $"HTTP/1.1 200 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: {answer.Body.Length}\r\n\r\n",
            answer.Head);
        Assert.Equal("""{"firecracker_version":"1.17.0-dev"}""", answer.Body);
    }

    [Fact]
    public async Task What_was_done_is_answered_without_a_body()
    {
        ApiAnswer answer = await _standin.Api.PutAsync("/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128}""");

        Assert.Equal((204, "HTTP/1.1 204 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n\r\n"), (answer.Status, answer.Head));
    }

    [Fact]
    public async Task A_connection_takes_one_request_after_the_other()
    {
        using Socket socket = await _standin.Api.ConnectAsync();
        for (int time = 0; time < 3; time++)
        {
            await ApiClient.WriteAsync(socket, "GET / HTTP/1.1\r\n\r\n");

            Assert.Equal(200, (await ApiClient.ReadAsync(socket).Within()).Status);
        }
    }

    [Fact]
    public async Task A_request_may_come_in_pieces()
    {
        using Socket socket = await _standin.Api.ConnectAsync();
        foreach (string piece in new[] { "PUT /machine-con", "fig HTTP/1.1\r\nContent-Le", "ngth: 36\r\n\r", "\n{\"vcpu_count\": 2,", " \"mem_size_mib\": 9}" })
        {
            await ApiClient.WriteAsync(socket, piece);
        }

        Assert.Equal(204, (await ApiClient.ReadAsync(socket).Within()).Status);
    }

    [Fact]
    public async Task A_chunked_body_is_not_seen()
    {
        using Socket socket = await _standin.Api.ConnectAsync();
        await ApiClient.WriteAsync(
            socket,
            "PUT /machine-config HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n26\r\n{\"vcpu_count\": 1, \"mem_size_mib\": 128}\r\n0\r\n\r\n");

        Assert.Equal("Empty PUT request.", (await ApiClient.ReadAsync(socket).Within()).Fault);
        // And then its bytes are taken for the next request.
        ApiAnswer next = await ApiClient.ReadAsync(socket).Within();
        Assert.Equal((400, "{ \"error\": \"Invalid request." + Dropped), (next.Status, next.Body));
    }

    [Theory]
    [InlineData(1022, 200)]
    [InlineData(1023, 400)]
    public async Task A_line_of_a_header_has_at_most_1024_bytes_with_its_end(int length, int status)
    {
        string header = "X: ".PadRight(length, 'x');

        ApiAnswer answer = await _standin.Api.SendRawAsync($"GET / HTTP/1.1\r\n{header}\r\n\r\n");

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task A_body_of_51201_bytes_is_refused_in_a_text_that_is_no_JSON()
    {
        ApiAnswer answer = await _standin.Api.SendRawAsync("PUT /mmds HTTP/1.1\r\nContent-Length: 51201\r\n\r\n");

        Assert.Equal(
            (400, "{ \"error\": \"Request payload with size 51201 is larger than the limit of 51200 allowed by server." + Dropped),
            (answer.Status, answer.Body));
    }

    [Fact]
    public async Task A_body_of_51200_bytes_is_taken()
    {
        const string empty = """{"key": ""}""";
        string body = empty.Insert(empty.Length - 2, new string('x', 51_200 - empty.Length));

        ApiAnswer answer = await _standin.Api.PutAsync("/mmds", body);

        Assert.Equal(204, answer.Status);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1", "Invalid HTTP Method: Unsupported HTTP method.")]
    [InlineData("DELETE /vsock HTTP/1.1", "Invalid HTTP Method: Unsupported HTTP method.")]
    [InlineData("get / HTTP/1.1", "Invalid HTTP Method: Unsupported HTTP method.")]
    [InlineData("GET / HTTP/2.0", "Invalid HTTP Version: Unsupported HTTP version.")]
    [InlineData("GET /", "Invalid request.")]
    public async Task What_is_no_request_is_refused(string line, string reason)
    {
        ApiAnswer answer = await _standin.Api.SendRawAsync($"{line}\r\n\r\n");

        Assert.Equal((400, $"{{ \"error\": \"{reason}{Dropped}"), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Who_expects_to_be_told_to_go_on_is_told()
    {
        using Socket socket = await _standin.Api.ConnectAsync();
        await ApiClient.WriteAsync(socket, "PUT /mmds HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        Assert.Equal(100, (await ApiClient.ReadAsync(socket).Within()).Status);

        await ApiClient.WriteAsync(socket, "{}");

        Assert.Equal(204, (await ApiClient.ReadAsync(socket).Within()).Status);
    }
}
