namespace Nex.Protocol.JsonRpc;

/// <summary>An open file could not be sent along with a request, which therefore was not sent either.</summary>
internal sealed class HandleNotSentException() : IOException("The link cannot carry an open file, or not now.");
