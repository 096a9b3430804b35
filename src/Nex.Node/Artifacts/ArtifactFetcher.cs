using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;
using Nex.Node.Control;
using Nex.Workloads;

namespace Nex.Node.Artifacts;

/// <summary>Where an artifact is in the object stores of JetStream.</summary>
/// <param name="Domain">The domain of JetStream; null for the one of the connection.</param>
internal sealed record ArtifactAddress(string? Domain, string Bucket, string Key)
{
    public override string ToString() => $"nats://{Bucket}/{Key}{(Domain is null ? "" : $" (JetStream domain {Domain})")}";
}

/// <summary>An artifact that is there.</summary>
/// <param name="Source">Fetches it when it is needed.</param>
/// <param name="Sha256">What its store says that its SHA-256 is; null where it does not.</param>
internal sealed record FoundArtifact(ArtifactSource Source, string? Sha256);

/// <summary>Finds artifacts in object stores and streams them from there. Safe from any thread.</summary>
internal sealed partial class ArtifactFetcher(INatsConnection connection, NodeOptions options, TimeProvider time, ILogger logger)
{
    private readonly KnownArtifacts _known = new();

    /// <summary>Looks an artifact up; nothing of it is fetched yet.</summary>
    /// <param name="namespace">For whom: only who has once had an artifact is given it from the cache.</param>
    /// <param name="expectedSha256">What its SHA-256 must be, in lower case; null for any.</param>
    /// <exception cref="RequestRefusedException">It is not there, is too large, or is another one.</exception>
    internal async Task<FoundArtifact> FindAsync(ArtifactAddress address, string @namespace, string? expectedSha256, CancellationToken cancellationToken)
    {
        INatsObjStore store;
        ObjectMetadata found;
        try
        {
            string? domain = address.Domain ?? options.JetStreamDomain;
            var jetStream = new NatsJSContext(connection, domain is null ? new NatsJSOpts(connection.Opts) : new NatsJSOpts(connection.Opts, domain: domain));
            store = await new NatsObjContext(jetStream).GetObjectStoreAsync(address.Bucket, cancellationToken).ConfigureAwait(false);
            found = await store.GetInfoAsync(address.Key, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw NotThere(address, failure);
        }

        string? sha256 = Digest(found.Digest);
        if (Misfit(found, sha256) is { } misfit)
        {
            throw new RequestRefusedException($"The artifact {address} {misfit}.");
        }

        if (expectedSha256 is not null && sha256 is not null && sha256 != expectedSha256)
        {
            throw new RequestRefusedException($"The artifact {address} has the SHA-256 {sha256}, and not {expectedSha256}, which the workload's JWT claims.");
        }

        bool known = sha256 is not null && _known.Contains(@namespace, sha256);
        if (known)
        {
            NodeTelemetry.Artifacts.Add(1, NodeTelemetry.Tag(NodeTelemetry.ArtifactOutcome, "cached"));
        }

        return new FoundArtifact(ArtifactSource.Fetch((stream, token) => FetchAsync(store, address, found, stream, token), address.Key, known), sha256);
    }

    /// <summary>Somebody has had an artifact whole.</summary>
    internal void Remember(string @namespace, string sha256) => _known.Add(@namespace, sha256);

    private async Task FetchAsync(INatsObjStore store, ArtifactAddress address, ObjectMetadata found, Stream stream, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        using Activity? activity = NodeTelemetry.Source.StartActivity("node.artifact.fetch");
        var bounded = new BoundedStream(stream, options.MaxArtifactBytes, address);
        try
        {
            await ObjectReader.CopyAsync(store, found, bounded, cancellationToken).ConfigureAwait(false);
            NodeTelemetry.FetchDuration.Record(time.GetElapsedTime(began).TotalSeconds);
            NodeTelemetry.Artifacts.Add(1, NodeTelemetry.Tag(NodeTelemetry.ArtifactOutcome, "fetched"));
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or RequestRefusedException))
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            NodeTelemetry.Artifacts.Add(1, NodeTelemetry.Tag(NodeTelemetry.ArtifactOutcome, "failed"));
            LogFailed(logger, failure, address);
            throw new RequestRefusedException($"The artifact {address} could not be fetched whole: {Reason(failure)}", failure);
        }
        finally
        {
            NodeTelemetry.ArtifactBytes.Add(bounded.Written);
        }
    }

    /// <returns>The rest of a sentence; null where it can be fetched.</returns>
    private string? Misfit(ObjectMetadata found, string? sha256) => found switch
    {
        { Deleted: true } => "is not there: it has been deleted",
        { Options.Link: not null } => "is a link: name the object that it leads to",
        { Size: var size } when size > (ulong)options.MaxArtifactBytes => $"has {size} bytes; this node takes at most {options.MaxArtifactBytes}",
        _ when sha256 is null => "has no SHA-256 in its store, which shows whether it came whole: upload it again",
        _ => null,
    };

    private RequestRefusedException NotThere(ArtifactAddress address, Exception failure)
    {
        LogFailed(logger, failure, address);
        return new RequestRefusedException(
            failure switch
            {
                NatsObjNotFoundException => $"There is no artifact {address}: the bucket has no such key.",
                NatsJSApiException { Error.Code: 404 } => $"There is no artifact {address}: there is no such bucket.",
                NatsJSApiException { Error.Code: 503 } or NatsNoRespondersException => $"The artifact {address} cannot be fetched: JetStream is not enabled there, for the account of this node.",
                _ => $"The artifact {address} cannot be fetched: {Reason(failure)}",
            },
            failure);
    }

    private static string Reason(Exception failure) => failure switch
    {
        NatsJSApiException api => api.Error.Description ?? "JetStream does not say why.",
        NatsNoReplyException or NatsJSApiNoResponseException or TimeoutException => "JetStream does not answer.",
        NatsObjException or NatsJSException => failure.Message,
        _ => "the log of the node says why.",
    };

    /// <returns>Null where it is no SHA-256, as <c>SHA-256=</c> and base64 for URLs.</returns>
    internal static string? Digest(string? digest)
    {
        const string prefix = "SHA-256=";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes + 2];
        return digest is not null
            && digest.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && digest.Length < 64
            && System.Buffers.Text.Base64Url.TryDecodeFromChars(digest.AsSpan(prefix.Length), hash, out int count)
            && count == SHA256.HashSizeInBytes
                ? Convert.ToHexStringLower(hash[..count])
                : null;
    }

    [LoggerMessage(520, LogLevel.Debug, "The artifact {Address} was not found or fetched")]
    private static partial void LogFailed(ILogger logger, Exception failure, ArtifactAddress address);
}
