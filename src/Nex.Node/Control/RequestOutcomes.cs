namespace Nex.Node.Control;

/// <summary>What becomes of a request, as metrics and traces tell it.</summary>
internal static class RequestOutcomes
{
    /// <summary>It was done.</summary>
    internal const string Ok = "ok";

    /// <summary>It was not, for a reason that its reply tells.</summary>
    internal const string Refused = "refused";

    /// <summary>It was not, for a reason that was not foreseen.</summary>
    internal const string Failed = "failed";

    /// <summary>There was nothing to say.</summary>
    internal const string Silent = "silent";

    /// <summary>Too many others were in work.</summary>
    internal const string Busy = "busy";

    /// <summary>It named nobody that could be answered.</summary>
    internal const string NoReply = "no_reply";

    /// <summary>Its reply has reached nobody.</summary>
    internal const string Undelivered = "undelivered";

    internal static IReadOnlyList<string> All { get; } = [Ok, Refused, Failed, Silent, Busy, NoReply, Undelivered];
}
