namespace Nex.Agent;

/// <summary>What the exit code of an agent tells.</summary>
internal static class ExitCodes
{
    /// <summary>The node closed the link: the usual end.</summary>
    internal const int LinkEnded = 0;

    /// <summary>The link broke, or the host failed the agent; the reason stands on standard error.</summary>
    internal const int Failed = 1;

    /// <summary>It was started with wrong arguments.</summary>
    internal const int Usage = 2;
}
