using System.Buffers.Text;
using System.Security.Cryptography;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;
using Nex.Client.Requests;
using Nex.Control;
using Nex.Control.Formats;

namespace Nex.Client.Artifacts;

/// <summary>Puts files into object stores.</summary>
internal sealed class ArtifactUploader(INatsConnection connection, NexClientOptions options)
{
    private const string DigestPrefix = "SHA-256=";

    /// <exception cref="ControlException"/>
    internal async Task<UploadedArtifact> UploadAsync(UploadOptions where, Stream content, IProgress<long>? progress, CancellationToken cancellation)
    {
        var location = ArtifactLocation.Of(where.Bucket, where.Key);
        if (location.TryFind(out _, out _) is { } fault)
        {
            throw new ArgumentException($"{location} cannot be uploaded to: {fault}.", nameof(where));
        }

        try
        {
            INatsObjStore store = await OpenAsync(where, cancellation).ConfigureAwait(false);
            if (content.CanSeek && await FindSameAsync(store, where.Key, content, cancellation).ConfigureAwait(false) is { } same)
            {
                return Describe(location, same, wasThere: true);
            }

            await using var counted = new ProgressStream(content, progress);
            ObjectMetadata sent = await store
                .PutAsync(new ObjectMetadata { Name = where.Key }, counted, leaveOpen: true, cancellation).ConfigureAwait(false);
            return Describe(location, sent, wasThere: false);
        }
        catch (NatsJSApiException failure)
        {
            throw new ControlException(
                ControlFault.Refused, $"{location} was not uploaded: JetStream says: {failure.Error.Description?.TrimEnd('.')}.", failure);
        }
        catch (NatsNoRespondersException failure)
        {
            throw new ControlException(ControlFault.Unavailable, NoJetStream(location, options.Domain(where.JetStreamDomain)), failure);
        }
        catch (NatsException failure)
        {
            throw Requester.Unavailable($"The object store of {location}", failure);
        }
    }

    private async Task<INatsObjStore> OpenAsync(UploadOptions where, CancellationToken cancellation)
    {
        // Each part of the file is acknowledged, and a busy server may take its time to write it.
        var jetStream = new NatsJSContext(
            connection, new NatsJSOpts(connection.Opts, domain: options.Domain(where.JetStreamDomain), requestTimeout: options.WorkTimeout));
        var stores = new NatsObjContext(jetStream);
        try
        {
            return await stores.GetObjectStoreAsync(where.Bucket, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NatsJSApiException { Error.Code: 404 } or NatsObjNotFoundException)
        {
            return await stores
                .CreateObjectStoreAsync(new NatsObjConfig(where.Bucket) { MaxBytes = where.MaxBucketBytes }, cancellation).ConfigureAwait(false);
        }
    }

    /// <returns>What the store says of the key, when its content is that of the stream; else null, with the stream where it was.</returns>
    private static async Task<ObjectMetadata?> FindSameAsync(INatsObjStore store, string key, Stream content, CancellationToken cancellation)
    {
        try
        {
            ObjectMetadata there = await store.GetInfoAsync(key, cancellationToken: cancellation).ConfigureAwait(false);
            long start = content.Position;
            if (there.Deleted || there.Size != (ulong)(content.Length - start))
            {
                return null;
            }

            byte[] hash = await SHA256.HashDataAsync(content, cancellation).ConfigureAwait(false);
            content.Position = start;
            return Digest(there)?.AsSpan().SequenceEqual(hash) == true ? there : null;
        }
        catch (Exception failure) when (failure is NatsObjNotFoundException or NatsJSApiException { Error.Code: 404 })
        {
            return null;
        }
    }

    private static UploadedArtifact Describe(ArtifactLocation location, ObjectMetadata stored, bool wasThere) =>
        Digest(stored) is { } hash
            ? new UploadedArtifact(location.ToString(), Convert.ToHexStringLower(hash), (long)stored.Size, wasThere)
            : throw new ControlException(ControlFault.UnreadableAnswer, $"The object store says of {location} that its digest is '{stored.Digest}', which is no SHA-256.");

    // The digest is base64 in the alphabet of URLs, with or without padding.
    private static byte[]? Digest(ObjectMetadata stored)
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        return stored.Digest is { } digest && digest.StartsWith(DigestPrefix, StringComparison.Ordinal)
            && Base64Url.TryDecodeFromChars(digest.AsSpan(DigestPrefix.Length), hash, out int written) && written == hash.Length
            ? hash
            : null;
    }

    private static string NoJetStream(ArtifactLocation location, string? jetStreamDomain) =>
        jetStreamDomain is { } domain
            ? $"{location} was not uploaded: no server offers JetStream in the domain '{domain}'. Name another domain, or none."
            : $"{location} was not uploaded: the NATS server has no JetStream for this account. Start it with -js, or enable it for the account.";
}
