namespace Nex.Control.Claims;

/// <summary>The claims of a workload do not hold. The message is the rest of a sentence that names the JWT.</summary>
internal sealed class ClaimsException(string message, Exception? inner = null) : Exception(message, inner);
