using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Streams;

namespace Nex.Cli.Commands.Streams;

/// <summary>`nex events`: what nodes and workloads tell of themselves.</summary>
internal sealed class EventsCommand : NexCommand
{
    private readonly Option<string?> _type = new("--type") { Description = "Only of this type, such as workload_stopped", HelpName = "TYPE" };
    private readonly Option<string?> _source = new("--source") { Description = "Only of the node or the workload with this id", HelpName = "ID" };

    internal EventsCommand(GlobalOptions globals)
        : base("events", "Show what nodes and workloads tell, from now on, until Ctrl-C. Nodes tell of themselves in the namespace system", globals)
    {
        Options.Add(_type);
        Options.Add(_source);
        Examples =
        [
            ("nex events", "of all namespaces that this user may read"),
            ("nex events --namespace system", "of nodes"),
            ("nex events --namespace shop --type workload_stopped --json", "ends of workloads, one JSON document a line"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        var filter = new EventFilter
        {
            Namespace = run.GivenNamespace,
            Type = run.Parsed.GetValue(_type),
            Source = run.Parsed.GetValue(_source),
        };
        await using SubjectStream<NodeEvent> events = await client.OpenEventsAsync(filter, cancellation).ConfigureAwait(false);
        using var connection = new ConnectionNotices(run, client);
        run.Say("Listening for events; Ctrl-C ends.");
        await Listening.ShowAsync(run, events, each => Show(run, each), cancellation).ConfigureAwait(false);
        return ExitCodes.Done;
    }

    private static void Show(CommandRun run, NodeEvent each)
    {
        if (run.IsJson)
        {
            run.WriteJson(EventDocument.Of(each), json => json.EventDocument);
        }
        else
        {
            run.Screen.Line($"{each.Time:HH:mm:ss.fff} {each.Namespace} {each.Type} {each.Source} {each.Data}");
        }
    }
}
