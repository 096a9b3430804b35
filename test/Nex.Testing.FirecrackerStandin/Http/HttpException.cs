namespace Nex.Testing.FirecrackerStandin.Http;

/// <summary>Bytes that are no request.</summary>
internal sealed class HttpException(string message) : Exception(message);
