using System.Text;
using Nex.Node.Tests.Support;

namespace Nex.Node.Tests.Control;

public sealed class HostileHeaderTests(SharedNats nats) : NodeTest(nats)
{
    private static readonly string[] Blocks =
    [
        "NATS/1.0\r\n\r\n",
        "NATS/1.0\r\n",
        "NATS/1.0\r\n\r\n\r\n\r\n",
        "NATS/1.0 503\r\n\r\n",
        "NATS/1.0 999999999999999999999 no\r\n\r\n",
        "NATS/1.0 -1\r\n\r\n",
        "NATS/9.9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        "nothing of the kind",
        "\r\n\r\n",
        "\0\0\0\0",
        "NATS/1.0\r\nno colon\r\n\r\n",
        "NATS/1.0\r\n: no name\r\n\r\n",
        "NATS/1.0\r\nname:\r\n\r\n",
        "NATS/1.0\r\nname: no end",
        "NATS/1.0\nA: b\n\n",
        "NATS/1.0\r\ntraceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff\r\n\r\n",
        "NATS/1.0\r\ntraceparent: \0\r\ntraceparent: 00\r\ntracestate: ====\r\n\r\n",
        "NATS/1.0\r\n\xff\xfe: \xff\xfe\r\n\r\n",
    ];

    [Fact]
    public async Task A_request_with_headers_that_are_none_gets_one_reply_like_every_other()
    {
        NodeUnderTest node = await StartNodeAsync();
        ulong connection = node.Connection.ServerInfo!.ClientId;
        string inbox = $"raw{Guid.NewGuid():n}";
        await using RawClient client = await RawClient.ConnectAsync(Nats.Server, $"{inbox}.*");
        string[] subjects = [$"$NEX.PING.{node.Id}", $"$NEX.INFO.default.{node.Id}", $"$NEX.DEPLOY.default.{node.Id}", $"$NEX.STOP.default.{node.Id}"];
        string[] blocks = [.. Blocks, $"NATS/1.0\r\n{string.Concat(Enumerable.Range(0, 5000).Select(number => $"n{number}: v\r\n"))}\r\n", $"NATS/1.0\r\nlong: {new string('l', 500_000)}\r\n\r\n"];
        int sent = 0;

        foreach (string subject in subjects)
        {
            foreach (string block in blocks)
            {
                await client.PublishAsync(subject, $"{inbox}.{sent++}", Encoding.Latin1.GetBytes(block), "{}"u8.ToArray());
            }
        }

        IReadOnlyList<string> answers = await client.Messages.CountAsync(sent);
        Assert.Equal(sent, answers.Distinct().Count());
        Assert.Equal(connection, node.Connection.ServerInfo.ClientId);
    }
}
