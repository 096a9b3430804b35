namespace Nex.Control.Connections;

/// <summary>The URL of a NATS server, with or without a scheme and with or without credentials.</summary>
internal static class ServerUrl
{
    private const string DefaultScheme = "nats";

    private static readonly string[] Schemes = [DefaultScheme, "tls", "ws", "wss"];

    internal static bool HasCredentials(string server) => server.Contains('@', StringComparison.Ordinal);

    /// <summary>What can be shown to people.</summary>
    internal static string WithoutCredentials(string server)
    {
        int at = server.LastIndexOf('@');
        if (at < 0)
        {
            return server;
        }

        int scheme = server.IndexOf("://", StringComparison.Ordinal);
        return (scheme < 0 || scheme > at ? "" : server[..(scheme + 3)]) + server[(at + 1)..];
    }

    /// <returns>Null when it is no URL of a server.</returns>
    internal static Uri? TryParse(string server)
    {
        string text = server.Trim();
        string url = text.Contains("://", StringComparison.Ordinal) ? text : $"{DefaultScheme}://{text}";
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) && Schemes.Contains(parsed.Scheme) && parsed.Host.Length > 0
            ? parsed
            : null;
    }

    /// <returns>The user and the password, or a token and null; null where there is neither.</returns>
    internal static (string User, string? Password)? Credentials(Uri server)
    {
        if (server.UserInfo.Length == 0)
        {
            return null;
        }

        string[] parts = server.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }
}
