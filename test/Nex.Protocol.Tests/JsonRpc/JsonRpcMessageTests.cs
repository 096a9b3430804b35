using System.Text;
using CsCheck;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Protocol.Tests.JsonRpc;

public sealed class JsonRpcMessageTests
{
    private static readonly string[] Valid =
    [
        """{"jsonrpc":"2.0","id":1,"method":"ping","params":{"sequence":7}}""",
        """{"jsonrpc":"2.0","method":"workload.output","params":{"lines":[{"stream":"stdout","text":"\u00e4\ud83d\ude00"}]}}""",
        """{"jsonrpc":"2.0","id":1,"result":{"sequence":7}}""",
        """{"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"no","data":[1,2]}}""",
        """ { "error" : null , "more" : [ { } ] , "result" : null , "id" : null , "jsonrpc" : "2.0" } """,
    ];

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("x")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("""[{"jsonrpc":"2.0","method":"a"}]""")]
    [InlineData("{}")]
    [InlineData("""{"jsonrpc":"2.0"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"method":"a"}""")]
    [InlineData("""{"jsonrpc":"1.0","method":"a"}""")]
    [InlineData("""{"jsonrpc":2.0,"method":"a"}""")]
    [InlineData("""{"jsonrpc":null,"method":"a"}""")]
    [InlineData("""{"jsonrpc":["2.0"],"method":"a"}""")]
    [InlineData("""{"jsonrpc":{"jsonrpc":"2.0","method":"a"}}""")]
    [InlineData("""{"jsonrpc":{"a":1},"jsonrpc":"2.0","method":"a"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":null}""")]
    [InlineData("""{"jsonrpc":"2.0","method":1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":{"a":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":["a"]}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"\ud800"}""")]
    [InlineData("""{"jsonrpc":"2.0","result":1}""")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"message":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"a","result":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"a","error":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":null}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":"a"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"message":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a"}{}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a"} x""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a",}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a" // b""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","params":""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","params":{"b":[}""")]
    public void What_is_no_message_is_refused_with_the_reason(string json)
    {
        LinkException failure = Assert.Throws<LinkException>(() => Parse(json));

        Assert.Equal(LinkFault.MalformedFrame, failure.Fault);
        Assert.StartsWith("A frame was received that is no JSON-RPC 2.0 message: ", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", "it is not one request, notification or answer")]
    [InlineData("""{"jsonrpc":"2.0","method":"a"}{}""", "invalid after a single JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":"a"}""", "its error is no object")]
    public void The_reason_names_what_is_wrong(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<LinkException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(60, true)]
    [InlineData(70, false)]
    [InlineData(100_000, false)]
    public void Nesting_has_a_limit(int depth, bool valid)
    {
        string json = $$"""{"jsonrpc":"2.0","method":"a","params":{{new string('[', depth)}}{{new string(']', depth)}}}""";

        Assert.Equal(valid, Record.Exception(() => Parse(json)) is null);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused()
    {
        byte[] json = [.. """{"jsonrpc":"2.0","method":"""u8, (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'];

        Assert.Throws<LinkException>(() => JsonRpcMessage.Parse(json));
    }

    [Fact]
    public void Of_a_member_that_is_there_twice_the_last_counts() =>
        Assert.Equal("b", Parse("""{"jsonrpc":"2.0","method":"a","method":"b"}""").Method);

    [Fact]
    public void A_request_gives_its_parts()
    {
        JsonRpcMessage message = Parse("""{"params":{"a":[1, 2]},"id":"x 1","method":"do \u0041","extra":{"method":"no"},"jsonrpc":"2.0"}""");

        Assert.True(message.IsRequest);
        Assert.Equal("do A", message.Method);
        Assert.Equal("\"x 1\"", Text(message.Id));
        Assert.Equal("""{"a":[1, 2]}""", Text(message.Parameters));
        Assert.False(message.TryGetNumber(out _));
    }

    [Fact]
    public void A_notification_has_no_id()
    {
        JsonRpcMessage message = Parse("""{"jsonrpc":"2.0","method":"a"}""");

        Assert.False(message.IsRequest);
        Assert.True(message.Parameters.IsEmpty);
    }

    [Fact]
    public void A_result_may_be_null_with_an_error_that_is_null()
    {
        JsonRpcMessage message = Parse("""{"jsonrpc":"2.0","id":3,"result":null,"error":null}""");

        Assert.True(message.TryGetNumber(out long id));
        Assert.Equal(3, id);
        Assert.Equal("null", Text(message.Result));
        Assert.Null(message.Error);
    }

    [Theory]
    [InlineData("""{"code":-32601,"message":"no"}""", -32601, "no")]
    [InlineData("""{"data":{"code":5},"message":"no","code":7}""", 7, "no")]
    [InlineData("""{}""", JsonRpcError.InternalError, "")]
    [InlineData("""{"code":1.5,"message":null}""", JsonRpcError.InternalError, "")]
    [InlineData("""{"code":99999999999}""", JsonRpcError.InternalError, "")]
    public void An_error_gives_its_code_and_message(string error, int code, string message) =>
        Assert.Equal(new JsonRpcError(code, message), Parse($$"""{"jsonrpc":"2.0","id":1,"error":{{error}}}""").Error);

    [Theory]
    [InlineData("1.0")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("99999999999999999999")]
    public void An_id_that_is_no_number_of_ours_is_none(string id) =>
        Assert.False(Parse($$"""{"jsonrpc":"2.0","id":{{id}},"result":1}""").TryGetNumber(out _));

    [Fact]
    public void Random_bytes_give_a_message_or_a_link_fault() => Gen.Byte.Array[0, 300].Sample(IsMessageOrFault);

    [Fact]
    public void Random_pieces_of_json_give_a_message_or_a_link_fault() =>
        Gen.OneOf(
            "{", "}", "[", "]", ",", ":", "\"jsonrpc\":\"2.0\"", "\"method\":", "\"id\":", "\"params\":", "\"result\":", "\"error\":", "\"code\":", "\"message\":",
            "\"a\"", "\"\\ud800\"", "1", "1e999", "-", "null", "true", " ", "\\", "\"")
            .Array[0, 20].Sample(pieces => IsMessageOrFault(Encoding.UTF8.GetBytes(string.Concat(pieces.Prepend("{\"jsonrpc\":\"2.0\",")))), iter: 20_000);

    [Fact]
    public void Damaged_messages_give_a_message_or_a_link_fault() =>
        Gen.Select(Gen.OneOf(Valid), Gen.Select(Gen.Int[0, 200], Gen.Byte, Gen.Int[0, 3]).Array[1, 4]).Sample(
            (json, changes) =>
            {
                List<byte> bytes = [.. Encoding.UTF8.GetBytes(json)];
                foreach ((int place, byte value, int kind) in changes)
                {
                    Damage(bytes, place % bytes.Count, value, kind);
                }

                IsMessageOrFault([.. bytes]);
            },
            iter: 20_000);

    [Theory]
    [InlineData("""{"sequence":"x"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"sequence":null}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("")]
    public void Parameters_that_are_not_those_of_the_method_are_a_link_fault(string json)
    {
        LinkException failure = Assert.Throws<LinkException>(
            () => JsonRpcMessage.Read(Encoding.UTF8.GetBytes(json), AgentJsonContext.Default.AgentPing, "The ping"));

        Assert.Equal(LinkFault.MalformedFrame, failure.Fault);
        Assert.StartsWith("The ping ", failure.Message, StringComparison.Ordinal);
    }

    private static JsonRpcMessage Parse(string json) => JsonRpcMessage.Parse(Encoding.UTF8.GetBytes(json));

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);

    private static void Damage(List<byte> bytes, int place, byte value, int kind)
    {
        switch (kind)
        {
            case 0:
                bytes[place] = value;
                break;
            case 1:
                bytes.Insert(place, value);
                break;
            case 2 when bytes.Count > 1:
                bytes.RemoveAt(place);
                break;
            default:
                bytes.InsertRange(place, bytes[place..]);
                break;
        }
    }

    /// <summary>Parses, and reads the parts as every type that they can be asked for.</summary>
    private static void IsMessageOrFault(byte[] bytes)
    {
        try
        {
            JsonRpcMessage message = JsonRpcMessage.Parse(bytes);
            _ = message.TryGetNumber(out _);
            _ = message.Method is not null
                ? JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentOutput, "It") as object
                : JsonRpcMessage.Read(message.Result, AgentJsonContext.Default.AgentPing, "It");
        }
        catch (LinkException)
        {
        }
    }
}
