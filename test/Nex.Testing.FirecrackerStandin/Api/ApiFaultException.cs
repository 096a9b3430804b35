namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>A request that is refused; the message is what the caller is told.</summary>
internal sealed class ApiFaultException(string message, int status = 400) : Exception(message)
{
    internal int Status { get; } = status;

    /// <summary>Whether this process cannot go on after it, and ends once the caller has been told.</summary>
    internal bool IsFatal { get; init; }
}
