using System.Text.Json.Nodes;

namespace Nex.Control.Tests;

/// <summary>Messages as others write them: recorded from the Go implementation where it has them, otherwise as the contract has them.</summary>
internal static class Golden
{
    internal static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.json"));

    internal static JsonObject Json(string name) => JsonNode.Parse(Bytes(name))!.AsObject();

    /// <summary>Ours says the same, field by field, and nothing else.</summary>
    internal static void AssertSame(string name, byte[] ours)
    {
        JsonNode written = JsonNode.Parse(ours)!;
        Assert.True(JsonNode.DeepEquals(Json(name), written), $"{name}\n{Json(name).ToJsonString()}\n{written.ToJsonString()}");
    }
}
