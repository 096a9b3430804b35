using Microsoft.Extensions.Logging;

namespace Nex.Client;

/// <summary>How a client waits.</summary>
public sealed record NexClientOptions
{
    /// <summary>How long one answer is waited for, and answers of all nodes together. Default: 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a node may take to deploy and to stop: it fetches the artifact first, and lets a workload end in peace. Default: 1 min.
    /// </summary>
    public TimeSpan WorkTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// When all nodes are asked: how long after an answer the next is waited for, before those that came are taken for all. Default: 300 ms.
    /// </summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The JetStream domain of object stores, for uploads and deploys that name none; null: that of the server for an upload, and that of the node for a deploy.
    /// </summary>
    public string? JetStreamDomain { get; init; }

    /// <summary>Where the connection that a client makes logs to. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Whose time this is. Default: that of the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <param name="named">What an upload or a deploy says: null for what is said here, and empty for none.</param>
    internal string? Domain(string? named) => (named ?? JetStreamDomain) is { Length: > 0 } domain ? domain : null;
}
