using System.CommandLine;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node probe`: which nodes run a workload.</summary>
internal sealed class NodeProbeCommand : NexCommand
{
    private readonly Argument<string?> _workload = new("workload")
    {
        Description = "The name or the id of a workload; without it, all of the namespace",
        Arity = ArgumentArity.ZeroOrOne,
    };

    internal NodeProbeCommand(GlobalOptions globals)
        : base("probe", "Find workloads, and the nodes that they run on", globals)
    {
        Arguments.Add(_workload);
        Examples = [("nex node probe echo", "where workloads named echo run"), ("nex node probe --namespace shop", "all workloads of a namespace")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        IReadOnlyList<WorkloadPingReply> answers = await client
            .FindWorkloadsAsync(run.Namespace, run.Parsed.GetValue(_workload), cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(answers, json => json.IReadOnlyListWorkloadPingReply);
            return ExitCodes.Done;
        }

        if (!answers.Any(answer => answer.RunningMachines.Count > 0))
        {
            run.Say($"No node says that it runs such a workload in the namespace {run.Namespace}.");
            return ExitCodes.Done;
        }

        run.Screen.Table(
            ["Workload", "Name", "Type", "Namespace", "Node"],
            from answer in answers
            from workload in answer.RunningMachines
            select (IReadOnlyList<string>)[workload.Id, workload.Name, workload.Type, workload.Namespace, answer.NodeId]);
        return ExitCodes.Done;
    }
}
