namespace Nex.Node.Control;

/// <summary>One kind of request.</summary>
/// <param name="Name">Its name in metrics, and after <c>node.</c> in traces.</param>
/// <param name="Subjects">Where it comes.</param>
/// <param name="ReplyType">What its reply says it is.</param>
/// <param name="HandleAsync">
/// Makes the reply, or null to stay silent; <see cref="RequestRefusedException"/> becomes a failure. The token is cancelled when the node stops.
/// </param>
internal sealed record ControlRoute(
    string Name, IReadOnlyList<string> Subjects, string ReplyType, Func<ControlRequest, CancellationToken, ValueTask<byte[]?>> HandleAsync)
{
    /// <summary>Whether it is done at once, where it comes, because going elsewhere would take longer than doing it.</summary>
    internal bool IsQuick { get; init; }

    /// <summary>Whether its reply tells of something that has been done, so that it must not be lost with a connection.</summary>
    internal bool IsPromise { get; init; }
}
