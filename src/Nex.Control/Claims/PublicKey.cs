using NATS.NKeys;

namespace Nex.Control.Claims;

/// <summary>Public keys that strangers have written.</summary>
internal static class PublicKey
{
    private const int Characters = 56;

    /// <summary>Whether a text is a public key of a kind. Any text may be asked for.</summary>
    internal static bool IsValid(PrefixByte prefix, string? text)
    {
        if (text is not { Length: Characters } || !text.All(character => character is (>= 'A' and <= 'Z') or (>= '2' and <= '7')))
        {
            return false;
        }

        try
        {
            return KeyPair.IsValidPublicKey(prefix, text);
        }
        catch (Exception failure) when (failure is NKeysException or IndexOutOfRangeException or ArgumentException or FormatException)
        {
            // The library answers some texts that are no keys in this way.
            return false;
        }
    }
}
