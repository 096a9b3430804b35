namespace Nex.Firecracker.Recording;

/// <summary>A call of the API and what became of it.</summary>
public sealed record ApiExchange
{
    /// <summary>Which process was asked: the socket of its API, which no two that live have in common.</summary>
    public required string Instance { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The JSON that was sent; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>The status of the answer; null where none came, or not whole.</summary>
    public int? Status { get; init; }

    /// <summary>The body of the answer as it came, mostly JSON; null for none.</summary>
    public string? Answer { get; init; }
}
