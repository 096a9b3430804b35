using Nex.Control.Messages;
using Nex.Node.Deploys;

namespace Nex.Node.Control;

/// <summary>Answers those who ask for nodes and workloads. None of it waits.</summary>
internal sealed class NodeQueries(NodeCore node)
{
    internal byte[] Ping() => Envelope.Success(
        MessageTypes.Ping,
        new PingReply
        {
            NodeId = node.Id,
            Version = NexNode.Version,
            Uptime = node.UptimeText,
            TargetXkey = node.PublicXkey,
            Tags = node.Tags,
            RunningMachines = node.Deployed.Count,
        },
        ControlJsonContext.Default.PingReply);

    /// <summary>Silent where nothing is found.</summary>
    internal byte[]? PingWorkload(ControlRequest request)
    {
        (string @namespace, string name) = (request.Namespace, request.Workload);
        DeployedWorkload[] found = node.Deployed.Where(
            workload => workload.Namespace.Equals(@namespace, StringComparison.OrdinalIgnoreCase) && (name.Length == 0 || workload.IsCalled(name)));
        return found.Length == 0 ? null : Envelope.Success(
            MessageTypes.Ping,
            new WorkloadPingReply
            {
                NodeId = node.Id,
                TargetXkey = node.PublicXkey,
                Version = NexNode.Version,
                Tags = node.Tags,
                Uptime = node.UptimeText,
                RunningMachines = [.. found.Select(workload => workload.Running())],
            },
            ControlJsonContext.Default.WorkloadPingReply);
    }

    internal byte[] Info(ControlRequest request)
    {
        string @namespace = request.Namespace;
        return Envelope.Success(
            MessageTypes.Info,
            new InfoReply
            {
                Version = NexNode.Version,
                Uptime = node.UptimeText,
                PublicXkey = node.PublicXkey,
                Tags = node.Tags,
                Memory = HostMemory.Read(),
                Machines = [.. node.Deployed.Where(workload => workload.Namespace == @namespace).Select(workload => workload.Summarize(node.Time))],
                SupportedWorkloadTypes = node.OfferedTypes,
            },
            ControlJsonContext.Default.InfoReply);
    }
}
