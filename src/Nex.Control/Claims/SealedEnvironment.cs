using System.Text.Json;
using NATS.NKeys;
using Nex.Control.Messages;

namespace Nex.Control.Claims;

/// <summary>The environment of a workload, which only its node can read: a JSON object, sealed with curve keys, in base64.</summary>
internal static class SealedEnvironment
{
    /// <param name="sender">A curve key with its seed.</param>
    /// <param name="nodeXkey">The public curve key of the node.</param>
    internal static string Seal(IReadOnlyDictionary<string, string> environment, KeyPair sender, string nodeXkey)
    {
        byte[] open = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(environment), ControlJsonContext.Default.DictionaryStringString);
        return Convert.ToBase64String(sender.Seal(open, nodeXkey));
    }

    /// <param name="node">The curve key of the node, with its seed.</param>
    /// <param name="senderXkey">The public curve key of the sender.</param>
    /// <exception cref="ClaimsException">It is sealed for another node, by another sender, or is none.</exception>
    internal static Dictionary<string, string> Open(string environment, KeyPair node, string senderXkey)
    {
        if (!PublicKey.IsValid(PrefixByte.Curve, senderXkey))
        {
            throw new ClaimsException("sender_public_key is no public curve key (X…)");
        }

        byte[] open;
        try
        {
            open = node.Open(Convert.FromBase64String(environment), senderXkey);
        }
        catch (FormatException failure)
        {
            throw new ClaimsException("it is not in base64", failure);
        }
        catch (Exception failure)
        {
            // The library throws what the numbers make of it, from index errors to exceptions of its cryptography.
            throw new ClaimsException($"it was not sealed by {senderXkey} for this node, whose key is {node.GetPublicKey()}", failure);
        }

        try
        {
            Dictionary<string, string> values = JsonSerializer.Deserialize(open, ControlJsonContext.Default.DictionaryStringString) ?? [];
            // The serializer lets a null pass for a string here.
            return values.ContainsValue(null!) ? throw new JsonException("A value is null.") : values;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new ClaimsException("what is sealed is no JSON object of strings", failure);
        }
    }
}
