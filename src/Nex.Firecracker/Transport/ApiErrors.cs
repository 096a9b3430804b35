using System.Net.Sockets;
using System.Text.Json;
using Nex.Firecracker.Api;

namespace Nex.Firecracker.Transport;

/// <summary>What can go wrong with a call to one socket, in words.</summary>
internal sealed class ApiErrors(string socketPath)
{
    private const int TooManyConnectionsStatus = 503;
    private const int ShownCharacters = 1000;

    internal FirecrackerException Refused(ApiCall call, ApiAnswer answer)
    {
        if (answer.Status == TooManyConnectionsStatus)
        {
            return TooManyConnections(call, answer.Status);
        }

        if (answer.Status < 400)
        {
            return InvalidAnswer(call, "that status is none of Firecracker's", answer.Status);
        }

        string? fault = ReadFault(answer.Body);
        string reason = fault is null ? "It gave no reason that can be read; its log may." : Printable(fault);
        return Create(FirecrackerFailure.Refused, call, $"Firecracker on {socketPath} refused {call.Name} with status {answer.Status}: {reason}", answer.Status, fault);
    }

    internal FirecrackerException TooLarge(ApiCall call, int limit) => Create(
        FirecrackerFailure.InvalidRequest,
        call,
        $"{call.Name} was not sent to Firecracker on {socketPath}: its body has {call.Body?.Length} bytes, and Firecracker accepts {limit}. Send less, or raise its limit (--http-api-max-payload-size) and the option {nameof(FirecrackerClientOptions.MaxRequestBytes)}.");

    internal FirecrackerException ProcessGone(ApiCall call, Exception? inner = null) => Create(
        FirecrackerFailure.ProcessGone,
        call,
        $"Firecracker on {socketPath} has ended and will not answer {call.Name}. Its exit code and its log say why; start another.",
        inner: inner);

    internal FirecrackerException TimedOut(ApiCall call, Exception inner) => Create(
        FirecrackerFailure.TimedOut,
        call,
        $"Firecracker on {socketPath} did not answer {call.Name} within {call.Timeout.TotalSeconds} s. Whether it was carried out is not known: end the process, or allow more time.",
        inner: inner);

    internal FirecrackerException InvalidAnswer(ApiCall call, string reason, int? status = null, Exception? inner = null) => Create(
        FirecrackerFailure.InvalidAnswer,
        call,
        $"What {socketPath} answered to {call.Name} is no answer of Firecracker: {Printable(reason)}. Check that the socket is Firecracker's, and its version; end the process.",
        status,
        inner: inner);

    /// <summary>What a failure of HTTP or of the connection means.</summary>
    internal FirecrackerException From(ApiCall call, Exception failure)
    {
        if (failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError, InnerException: SocketException connecting })
        {
            return NotConnected(call, connecting, failure);
        }

        if (failure is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }
            || ApiStream.IsClosedByPeer(failure) || (failure.InnerException is { } inner && ApiStream.IsClosedByPeer(inner)))
        {
            return Create(
                FirecrackerFailure.ProcessGone,
                call,
                $"Firecracker on {socketPath} closed the connection before it had answered {call.Name}, which it does when it ends. Its exit code and its log say why; start another.",
                inner: failure);
        }

        return InvalidAnswer(call, failure.Message.TrimEnd('.'), inner: failure);
    }

    private FirecrackerException NotConnected(ApiCall call, SocketException connecting, Exception failure) => connecting.SocketErrorCode switch
    {
        // The socket's file is there, and nobody listens on it any more.
        SocketError.ConnectionRefused => ProcessGone(call, failure),
        // As many connections as the kernel keeps wait to be accepted.
        SocketError.WouldBlock or SocketError.TryAgain => TooManyConnections(call, null, failure),
        _ => Create(
            FirecrackerFailure.Unreachable,
            call,
            $"Firecracker on {socketPath} cannot be asked {call.Name}: {connecting.Message}. See that its process runs and has made that socket, and that this user may write to it.",
            inner: failure),
    };

    private FirecrackerException TooManyConnections(ApiCall call, int? status, Exception? inner = null) => Create(
        FirecrackerFailure.TooManyConnections,
        call,
        $"Firecracker on {socketPath} has no connection left for {call.Name}; it serves {FirecrackerClientOptions.MaxServedConnections} at a time. Use one client for a process, or fewer connections ({nameof(FirecrackerClientOptions.MaxConnections)}).",
        status,
        inner: inner);

    private FirecrackerException Create(
        FirecrackerFailure failure, ApiCall call, string message, int? status = null, string? fault = null, Exception? inner = null) =>
        new(failure, message, inner) { SocketPath = socketPath, Call = call.Name, Status = status, FaultMessage = fault };

    private static string? ReadFault(ReadOnlyMemory<byte> body)
    {
        try
        {
            return body.IsEmpty ? null : JsonSerializer.Deserialize(body.Span, ApiJsonContext.Default.ApiFault)?.FaultMessage;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What another process says goes into messages, and from there into logs: short, and on one line.</summary>
    private static string Printable(string text)
    {
        string shown = text.Length <= ShownCharacters ? text : string.Concat(text.AsSpan(0, ShownCharacters), "…");
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (int index = 0; index < span.Length; index++)
            {
                span[index] = char.IsControl(source[index]) ? ' ' : source[index];
            }
        });
    }
}
