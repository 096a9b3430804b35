using System.Text.Json.Nodes;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>The metadata that a guest could read. Kept for who put it; there is no service for the guest here.</summary>
internal sealed class MmdsStore(int sizeLimit)
{
    private JsonNode? _content;

    /// <summary>An empty object before anything was put.</summary>
    internal JsonNode Content => _content?.DeepClone() ?? new JsonObject();

    internal void Put(JsonNode content) => _content = Checked(content);

    /// <summary>Merges it in as RFC 7396 says.</summary>
    internal void Patch(JsonNode change)
    {
        JsonNode current = _content ?? throw Faults.MmdsNotInitialized();
        _content = Checked(Merge(current.DeepClone(), change));
    }

    private JsonNode Checked(JsonNode content) => content.ToJsonString().Length <= sizeLimit ? content : throw Faults.MmdsTooLarge();

    private static JsonNode Merge(JsonNode current, JsonNode change)
    {
        if (change is not JsonObject members)
        {
            return change.DeepClone();
        }

        JsonObject result = current as JsonObject ?? [];
        foreach ((string name, JsonNode? value) in members)
        {
            if (value is null)
            {
                _ = result.Remove(name);
            }
            else
            {
                JsonNode? old = result[name];
                result[name] = Merge(old?.DeepClone() ?? new JsonObject(), value);
            }
        }

        return result;
    }
}
