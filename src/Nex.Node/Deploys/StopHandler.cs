using Nex.Control.Claims;
using Nex.Control.Messages;
using Nex.Node.Control;

namespace Nex.Node.Deploys;

/// <summary>Stops workloads for those who have deployed them.</summary>
internal sealed class StopHandler(NodeCore node, ClaimsChecker checker)
{
    // The same for what is not there and for what is another namespace's.
    private const string NoSuchWorkload = "No such workload";

    internal async ValueTask<byte[]?> HandleAsync(ControlRequest request)
    {
        StopRequest stop = RunRequestReader.ReadStop(request.Payload, node.Id);
        DeployedWorkload deployed = node.Deployed.Find(request.Namespace, stop.WorkloadId!) ?? throw new RequestRefusedException(NoSuchWorkload);
        WorkloadClaims claims = checker.Verify(stop.WorkloadJwt!);
        if (claims.Issuer != deployed.Issuer || claims.Subject != deployed.Name)
        {
            throw new RequestRefusedException("The workload can be stopped only by its issuer, with a JWT whose subject is its name.");
        }

        if (claims.Id == deployed.ClaimsId)
        {
            throw new RequestRefusedException("A workload cannot be stopped with the JWT that it was deployed with: make a new one.");
        }

        checker.Use(claims);
        // A node that stops, stops its workloads: the answer is the same.
        _ = await deployed.Workload.StopAsync(CancellationToken.None).ConfigureAwait(false);
        node.Deployed.Remove(deployed);
        return Envelope.Success(
            MessageTypes.Stop,
            new StopReply { Stopped = true, Id = deployed.Id, Issuer = deployed.Issuer, Name = deployed.Name },
            ControlJsonContext.Default.StopReply);
    }
}
