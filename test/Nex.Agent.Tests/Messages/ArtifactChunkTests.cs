using System.Text;
using Nex.Agent.Messages;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Tests.Messages;

public sealed class ArtifactChunkTests
{
    private static readonly byte[] Content = [0xfb, 0xff, 0xbf, 1, 2];

    [Theory]
    [InlineData("""{"data":"+/+/AQI="}""")]
    [InlineData("""{"data":"\u002B/+\/AQI="}""")]
    [InlineData("""{ "data" : "+/+/AQI=" }""")]
    [InlineData("""{"data":"+/+/AQI=","more":"AA=="}""")]
    [InlineData("""{"offset":0,"data":"+/+/AQI=","more":{"data":"AA=="}}""")]
    public void A_part_is_the_same_however_its_json_is_written(string json) => Assert.Equal(Content, Read(json));

    [Fact]
    public void A_part_of_nothing_is_one() => Assert.Empty(Read("""{"data":""}"""));

    [Theory]
    [InlineData("""{"data":"+/+/AQI"}""")]
    [InlineData("""{"data":"+/+*AQI="}""")]
    [InlineData("""{"data":5}""")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"data":""")]
    [InlineData("")]
    public void What_is_no_part_is_refused(string json) =>
        Assert.Equal(LinkFault.MalformedFrame, Assert.Throws<LinkException>(() => Read(json)).Fault);

    [Fact]
    public void Parts_of_one_size_are_decoded_in_one_place()
    {
        byte[] buffer = [];
        _ = AgentMessageReader.ArtifactChunk("""{"data":"+/+/AQI="}"""u8.ToArray(), ref buffer);
        byte[] first = buffer;

        _ = AgentMessageReader.ArtifactChunk("""{"data":"AQIDBAU="}"""u8.ToArray(), ref buffer);

        Assert.Same(first, buffer);
    }

    private static byte[] Read(string json)
    {
        byte[] buffer = [];
        return AgentMessageReader.ArtifactChunk(Encoding.UTF8.GetBytes(json), ref buffer).ToArray();
    }
}
