namespace Nex.Protocol.Workloads;

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Field">The field, as a path such as <c>limits.memory_bytes</c> or <c>argv[2]</c>.</param>
/// <param name="Message">What is wrong with it, and what it should be.</param>
public sealed record ValidationFault(string Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";
}
