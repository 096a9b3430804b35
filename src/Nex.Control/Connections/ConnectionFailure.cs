using System.Security.Authentication;

namespace Nex.Control.Connections;

/// <summary>Says why a connection could not be made, in words that tell what to do.</summary>
internal static class ConnectionFailure
{
    /// <returns>The rest of a sentence, without its end. No secret is in it.</returns>
    internal static string Describe(NatsSettings settings, Exception failure)
    {
        Exception[] chain = [.. Chain(failure)];
        string innermost = chain[^1].Message.TrimEnd('.');
        return chain switch
        {
            // What this side finds wrong has no other reason below it; what the server finds wrong comes from the TLS library.
            _ when chain[^1] is AuthenticationException =>
                $"the certificate of the server is not trusted ({innermost}). Name the PEM file of its authority, with --tlsca or as 'ca' of the context",
            // In TLS 1.3 it comes after the handshake, as a failure to read.
            _ when chain.Any(each => each is AuthenticationException) || innermost.Contains("SSL routines", StringComparison.Ordinal) =>
                $"the server broke TLS off ({innermost}). It may want a certificate of a client that it trusts: --tlscert and --tlskey, or 'cert' and 'key' of the context",
            _ when innermost.Contains("does not support TLS", StringComparison.Ordinal) =>
                "the server does not offer TLS, which a URL with tls:// or a TLS file asks for. Leave these out to connect without TLS",
            _ when settings.TlsFirst =>
                $"{innermost}. TLS was to begin before the server says anything, which few servers do: try it without --tlsfirst",
            _ => innermost,
        };
    }

    private static IEnumerable<Exception> Chain(Exception failure)
    {
        for (Exception? each = failure; each is not null; each = each.InnerException)
        {
            yield return each;
        }
    }
}
