using System.Diagnostics;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Messages;
using Nex.Node.Artifacts;
using Nex.Node.Configuration;
using Nex.Node.Control;
using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.Protocol.Workloads;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Node.Deploys;

/// <summary>Deploys workloads. What is wrong with a request is told in the order of the control API; the first fault is the answer.</summary>
internal sealed class DeployHandler(NodeCore node, ClaimsChecker checker, ArtifactFetcher artifacts, WorkloadManager workloads)
{
    // What the control API of other implementations answers, word for word.
    private const string LameDuck = "Node is in lame duck mode. Workload deploy request rejected";
    private const int Sha256Digits = 64;
    private const int MaxDomainCharacters = 64;

    internal async ValueTask<byte[]?> HandleAsync(ControlRequest request, CancellationToken stopping)
    {
        // Counted before the look at lame duck: the node ends when it is in it and there is nothing that could still become a workload.
        using IDisposable deploying = node.BeginDeploy();
        RunReply reply = await DeployAsync(request, stopping).ConfigureAwait(false);
        return Envelope.Success(MessageTypes.Run, reply, ControlJsonContext.Default.RunReply);
    }

    private async Task<RunReply> DeployAsync(ControlRequest request, CancellationToken stopping)
    {
        if (node.IsLameDuck)
        {
            throw new RequestRefusedException(LameDuck);
        }

        RunRequest run = RunRequestReader.ReadRun(request.Payload, node.Id);
        CheckType(run);
        Dictionary<string, string> environment = OpenEnvironment(run);
        WorkloadClaims claims = checker.Verify(run.WorkloadJwt!);
        DeployRequest deploy = Describe(run, request.Namespace, claims, environment);
        checker.ThrowIfForeign(claims);
        checker.Use(claims);
        bool deployed = false;
        try
        {
            RunReply reply = await StartAsync(run, deploy, claims, stopping).ConfigureAwait(false);
            deployed = true;
            return reply;
        }
        finally
        {
            if (!deployed)
            {
                checker.Return(claims);
            }
        }
    }

    private void CheckType(RunRequest run)
    {
        string? type = WorkloadTypes.Canonical(run.Type);
        if (type is null || !node.AcceptedTypes.Contains(type))
        {
            throw new RequestRefusedException($"This node does not accept workloads of type '{run.Type}'; it accepts {(node.AcceptedTypes.Count > 0 ? string.Join(", ", node.AcceptedTypes) : "none")}.");
        }

        if (!NodeCore.RunnableTypes.Contains(type))
        {
            throw new RequestRefusedException($"No agent of this node can run workloads of type '{run.Type}'.");
        }

        if (run.TriggerSubjects is { Count: > 0 } && !WorkloadTypes.IsFunction(type))
        {
            throw new RequestRefusedException($"A workload of type '{run.Type}' has no trigger subjects: only wasm and v8 are called by messages.");
        }
    }

    private Dictionary<string, string> OpenEnvironment(RunRequest run)
    {
        try
        {
            return RunRequestReader.Environment(SealedEnvironment.Open(run.Environment!, node.Xkey, run.SenderPublicKey!));
        }
        catch (ClaimsException failure)
        {
            throw new RequestRefusedException($"The environment cannot be opened: {failure.Message}.", failure);
        }
    }

    /// <summary>What is asked for, as far as it can be told without the artifact; all that is wrong with it is told at once.</summary>
    private static DeployRequest Describe(RunRequest run, string @namespace, WorkloadClaims claims, Dictionary<string, string> environment)
    {
        if (@namespace == ControlSubjects.SystemNamespace)
        {
            throw new RequestRefusedException($"The namespace '{@namespace}' is that of the nodes themselves: use another.");
        }

        var deploy = new DeployRequest
        {
            Name = claims.Subject,
            Namespace = @namespace,
            Type = WorkloadTypes.Canonical(run.Type)!,
            Argv = RunRequestReader.Argv(run),
            Environment = environment,
            Description = run.Description,
            Essential = run.Essential ?? false,
            TriggerSubjects = [.. (run.TriggerSubjects ?? []).Select(subject => subject!)],
            Hash = IsSha256(claims.Hash) ? claims.Hash!.ToLowerInvariant() : null,
        };
        IReadOnlyList<ValidationFault> faults = DeployRequestValidator.Validate(deploy);
        return faults.Count == 0 ? deploy : throw new RequestRefusedException($"The deploy request is invalid: {string.Join("; ", faults)}.");
    }

    private async Task<RunReply> StartAsync(RunRequest run, DeployRequest deploy, WorkloadClaims claims, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(node.Options.DeployTimeout, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stopping);
        try
        {
            FoundArtifact artifact = await FindAsync(run, deploy, either.Token).ConfigureAwait(false);
            deploy = deploy with { Hash = deploy.Hash ?? artifact.Sha256 };
            Workload workload = await workloads.DeployAsync(deploy, artifact.Source, either.Token).ConfigureAwait(false);
            artifacts.Remember(deploy.Namespace, workload.ArtifactSha256);
            node.Follow(new DeployedWorkload(workload, claims.Issuer, claims.Id, node.Time.GetTimestamp()));
            return new RunReply { Started = true, Id = workload.Id, Issuer = claims.Issuer, Name = claims.Subject };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new RequestRefusedException($"The workload did not start within {node.Options.DeployTimeout.TotalSeconds:0.###} s: its artifact did not arrive, or no agent was free.");
        }
        catch (ProcessManagerException failure)
        {
            throw new RequestRefusedException(
                failure.Error switch
                {
                    ProcessManagerError.LameDuck => LameDuck,
                    ProcessManagerError.Stopping => "The node is stopping: choose another node.",
                    ProcessManagerError.ArtifactTooLarge => OptionNames.ToKeys(failure.Message),
                    ProcessManagerError.LimitsUnavailable => "The limits of the workload cannot be applied on this node.",
                    _ => "This node has no agent for the workload: choose another node.",
                },
                failure);
        }
        catch (Exception failure) when (failure is DeployException or InvalidDeployRequestException)
        {
            throw new RequestRefusedException(failure.Message, failure);
        }
        catch (ArtifactException failure) when (failure.Failure is ArtifactFailure.HashMismatch)
        {
            throw new RequestRefusedException("The artifact is not what the workload's JWT, or its store, says: its SHA-256 is another.", failure);
        }
        catch (ArtifactException failure) when (failure.Failure is ArtifactFailure.TooLarge or ArtifactFailure.CacheFull)
        {
            throw new RequestRefusedException("The artifact is larger than what this node has room for.", failure);
        }
        catch (ArtifactException failure) when (failure.Failure is ArtifactFailure.StorageFailed)
        {
            throw new RequestRefusedException("This node cannot store the artifact, as when its disk is full: choose another node.", failure);
        }
    }

    private async Task<FoundArtifact> FindAsync(RunRequest run, DeployRequest deploy, CancellationToken cancellationToken)
    {
        if (node.Options.RequireWorkloadHash && deploy.Hash is null)
        {
            throw new RequestRefusedException("The workload's JWT must claim the SHA-256 of the artifact, as 64 hexadecimal digits: this node demands it.");
        }

        (string bucket, string key) = RunRequestReader.Location(run.Location!);
        string? domain = string.IsNullOrEmpty(run.JetStreamDomain) ? null : run.JetStreamDomain;
        if (domain is not null && (domain.Length > MaxDomainCharacters || !ControlSubjects.IsToken(domain)))
        {
            throw new RequestRefusedException("The jsdomain is no name of a JetStream domain.");
        }

        Activity.Current?.SetTag("nex.workload.type", deploy.Type);
        return await artifacts.FindAsync(new ArtifactAddress(domain, bucket, key), deploy.Namespace, deploy.Hash, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsSha256(string? claim) => claim is { Length: Sha256Digits } && claim.All(char.IsAsciiHexDigit);
}
