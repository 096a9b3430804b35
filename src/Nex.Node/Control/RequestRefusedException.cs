namespace Nex.Node.Control;

/// <summary>A request is answered with a failure, whose text is the message.</summary>
internal sealed class RequestRefusedException(string message, Exception? inner = null) : Exception(message, inner);
