using System.CommandLine;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex lameduck`: a node takes no new workloads.</summary>
internal sealed class LameDuckCommand : NexCommand
{
    private readonly Argument<string> _node = new("node") { Description = "The node: its id, the beginning of it, or its name" };

    internal LameDuckCommand(GlobalOptions globals)
        : base("lameduck", "Tell a node to take no new workloads. Those that run go on", globals)
    {
        Arguments.Add(_node);
        Examples = [("nex lameduck NBTA", "the node whose id begins so")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        string node = await NodeArgument.ResolveAsync(client, run.Parsed.GetRequiredValue(_node), cancellation).ConfigureAwait(false);
        LameDuckReply reply = await client.EnterLameDuckAsync(node, cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(reply, json => json.LameDuckReply);
        }
        else if (reply.Success)
        {
            run.Screen.Line($"{node} takes no new workloads.");
        }

        return reply.Success ? ExitCodes.Done : throw new CommandFailedException($"{node} says that it has not entered lame duck mode.");
    }
}
