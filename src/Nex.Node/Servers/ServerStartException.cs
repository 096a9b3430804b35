namespace Nex.Node.Servers;

/// <summary>A nats-server could not be started. The message says why, and what to do.</summary>
internal sealed class ServerStartException(string message, Exception? innerException = null) : Exception(message, innerException);
