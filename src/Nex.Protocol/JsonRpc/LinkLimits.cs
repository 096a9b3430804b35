namespace Nex.Protocol.JsonRpc;

/// <summary>How long a frame may be, its four bytes of length not counted.</summary>
internal static class LinkLimits
{
    /// <summary>
    /// What an agent accepts: a deploy request of the largest argv and environment, every character of which JSON escapes to six.
    /// </summary>
    internal const int ToAgent = 2 * 1024 * 1024;

    /// <summary>What a node accepts from an agent, which it does not trust: one line of output at its longest, escaped likewise.</summary>
    internal const int ToNode = 512 * 1024;

    /// <summary>
    /// The most that one read of an artifact can ask for. A node keeps the buffers that it has once needed, some for each of its threads: what is sent in
    /// large pieces would stay in its memory.
    /// </summary>
    internal const int ArtifactChunk = 64 * 1024;
}
