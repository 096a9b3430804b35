using System.Text.Json;
using NATS.NKeys;
using Nex.Client.Artifacts;
using Nex.Client.Requests;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Client;

// What is done with workloads.
public sealed partial class NexClient
{
    /// <summary>The namespace of who names none.</summary>
    public const string DefaultNamespace = "default";

    /// <summary>Deploys a workload. It runs when this returns.</summary>
    /// <exception cref="ArgumentException">An option cannot be used; nothing was sent.</exception>
    /// <exception cref="ControlException">The node refuses, or does not answer.</exception>
    public async Task<RunReply> DeployAsync(DeployOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArtifactLocation location = Check(options);
        string xkey = options.NodeXkey ?? (await PingAsync(options.NodeId, cancellationToken).ConfigureAwait(false)).TargetXkey;
        if (!PublicKey.IsValid(PrefixByte.Curve, xkey))
        {
            throw new ControlException(ControlFault.UnreadableAnswer, $"The node {options.NodeId} says that its key is '{xkey}', which is no public curve key: nothing can be sealed for it.");
        }

        RunRequest request = Seal(options, location, xkey);
        return await _requester.AskAsync(
            new Request("client.deploy", ControlSubjects.Deploy(Token(options.Namespace), Token(options.NodeId)), MessageTypes.Run, $"node {options.NodeId}")
            {
                Payload = JsonSerializer.SerializeToUtf8Bytes(request, ControlJsonContext.Default.RunRequest),
                Timeout = Options.WorkTimeout,
            },
            ControlJsonContext.Default.RunReply, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops a workload, wherever it runs.</summary>
    /// <exception cref="ControlException">
    /// The node refuses, as when another key has signed the deploy; or there is no such workload (<see cref="ControlFault.NoResponders"/>), or there
    /// are several of that name (<see cref="ControlFault.Refused"/>).
    /// </exception>
    public async Task<StopReply> StopAsync(StopOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        (string node, string id, string name) = options is { NodeId: { } nodeId, Name: { } known }
            ? new LocatedWorkload(nodeId, options.Workload, known)
            : await LocateAsync(options.Workload, options.NodeId, options.Namespace, cancellationToken).ConfigureAwait(false);
        var request = new StopRequest
        {
            WorkloadId = id,
            WorkloadJwt = WorkloadClaims.Sign(options.Issuer, options.Name ?? name, hash: null, Options.TimeProvider.GetUtcNow()),
            TargetNode = node,
        };
        return await _requester.AskAsync(
            new Request("client.stop", ControlSubjects.Stop(Token(options.Namespace), Token(node)), MessageTypes.Stop, $"node {node}")
            {
                Payload = JsonSerializer.SerializeToUtf8Bytes(request, ControlJsonContext.Default.StopRequest),
                Timeout = Options.WorkTimeout,
            },
            ControlJsonContext.Default.StopReply, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the one workload of an id or a name.</summary>
    /// <param name="idOrName">Its id, or its name where the namespace has only one of that name.</param>
    /// <param name="nodeId">The node that it must be on; null: wherever it runs.</param>
    /// <exception cref="ControlException">
    /// There is no such workload (<see cref="ControlFault.NoResponders"/>), or there are several (<see cref="ControlFault.Refused"/>).
    /// </exception>
    public async Task<LocatedWorkload> LocateAsync(
        string idOrName, string? nodeId = null, string @namespace = DefaultNamespace, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<WorkloadPingReply> answers = await FindWorkloadsAsync(@namespace, idOrName, cancellationToken).ConfigureAwait(false);
        LocatedWorkload[] found =
        [
            .. from answer in answers
               where nodeId is null || answer.NodeId == nodeId
               from workload in answer.RunningMachines
               where workload.Id == idOrName || workload.Name == idOrName
               select new LocatedWorkload(answer.NodeId, workload.Id, workload.Name),
        ];
        return found switch
        {
            [var only] => only,
            [] => throw new ControlException(ControlFault.NoResponders, $"No node says that it runs the workload '{idOrName}' in the namespace '{@namespace}'."),
            _ => throw new ControlException(
                ControlFault.Refused,
                $"There are {found.Length} workloads '{idOrName}' in the namespace '{@namespace}'. Name one by its id: {string.Join(", ", found.Select(each => each.Id))}."),
        };
    }

    /// <summary>
    /// Puts a file into an object store of JetStream, which is made where it does not exist. Nothing is sent where the store has the same content
    /// under that key already.
    /// </summary>
    /// <param name="content">Where it can seek, it is read twice, and otherwise once; up to the end, and never whole in memory. Left open.</param>
    /// <param name="progress">Gets the number of bytes that were sent.</param>
    /// <exception cref="ControlException">The server has no JetStream, or no room, or cannot be reached.</exception>
    public Task<UploadedArtifact> UploadAsync(
        UploadOptions options, Stream content, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(content);
        return new ArtifactUploader(_connection, Options).UploadAsync(options, content, progress, cancellationToken);
    }

    private static ArtifactLocation Check(DeployOptions options)
    {
        DeployRequestValidator.ThrowIfInvalid(new DeployRequest
        {
            Name = options.Name,
            Namespace = options.Namespace,
            Type = options.Type,
            Argv = options.Argv,
            Environment = options.Environment,
            TriggerSubjects = options.TriggerSubjects,
        });
        ArtifactLocation location = ArtifactLocation.Parse(options.Location);
        return location.TryFind(out _, out _) is { } fault
            ? throw new ArgumentException($"The location '{options.Location}' cannot be used: {fault}.", nameof(options))
            : location;
    }

    private RunRequest Seal(DeployOptions options, ArtifactLocation location, string xkey)
    {
        using KeyPair? made = options.Sender is null ? KeyPair.CreatePair(PrefixByte.Curve) : null;
        KeyPair sender = options.Sender ?? made!;
        return new RunRequest
        {
            Argv = options.Argv.Count > 0 ? options.Argv : null,
            Description = options.Description,
            Type = options.Type,
            Location = location,
            Essential = options.Essential,
            WorkloadJwt = WorkloadClaims.Sign(options.Issuer, options.Name, options.Hash, Options.TimeProvider.GetUtcNow()),
            Environment = SealedEnvironment.Seal(options.Environment, sender, xkey),
            JetStreamDomain = Options.Domain(options.JetStreamDomain),
            SenderPublicKey = sender.GetPublicKey(),
            TargetNode = options.NodeId,
            TriggerSubjects = options.TriggerSubjects.Count > 0 ? options.TriggerSubjects : null,
        };
    }
}
