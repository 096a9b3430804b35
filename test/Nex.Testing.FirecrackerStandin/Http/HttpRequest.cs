namespace Nex.Testing.FirecrackerStandin.Http;

/// <summary>A request. No body and a body of no bytes are the same.</summary>
internal sealed record HttpRequest
{
    internal required string Method { get; init; }

    /// <summary>The path, without a query.</summary>
    internal required string Path { get; init; }

    internal byte[]? Body { get; init; }
}
