using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Streams;

namespace Nex.Cli.Commands.Streams;

/// <summary>`nex logs`: what workloads write, as they write it.</summary>
internal sealed class LogsCommand : NexCommand
{
    private readonly Option<string?> _node = new("--node", "--target-node", "--target_node") { Description = "Only of this node: its id, the beginning of it, or its name", HelpName = "NODE" };
    private readonly Option<string?> _name = new("--workload-name", "--workload_name") { Description = "Only of workloads of this name", HelpName = "NAME" };
    private readonly Option<string?> _id = new("--workload-id", "--workload_id") { Description = "Only of this workload", HelpName = "ID" };
    private readonly Option<string> _level = new("--level") { Description = "Only of this level and above", DefaultValueFactory = _ => "debug" };
    private readonly Option<bool> _all = new("--all-namespaces", "--all_namespaces") { Description = "Of all namespaces that this user may read" };

    internal LogsCommand(GlobalOptions globals)
        : base("logs", "Show what workloads write, from now on, until Ctrl-C", globals)
    {
        _level.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "debug", "info", "warn", "error");
        foreach (Option option in (Option[])[_node, _name, _id, _level, _all])
        {
            Options.Add(option);
        }

        Examples =
        [
            ("nex logs --workload-name echo", "of all workloads named echo"),
            ("nex logs --level error --json", "what goes wrong, one JSON document a line"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        var filter = new LogFilter
        {
            Namespace = run.Parsed.GetValue(_all) ? null : run.Namespace,
            NodeId = run.Parsed.GetValue(_node) is { } node ? await NodeArgument.ResolveAsync(client, node, cancellation).ConfigureAwait(false) : null,
            WorkloadName = run.Parsed.GetValue(_name),
            WorkloadId = run.Parsed.GetValue(_id),
            MinimumLevel = Enum.Parse<LogSeverity>(run.Parsed.GetRequiredValue(_level), ignoreCase: true),
        };
        await using SubjectStream<NodeLogLine> lines = await client.OpenLogsAsync(filter, cancellation).ConfigureAwait(false);
        using var connection = new ConnectionNotices(run, client);
        run.Say("Listening for log lines; Ctrl-C ends.");
        await Listening.ShowAsync(run, lines, line => Show(run, line), cancellation).ConfigureAwait(false);
        return ExitCodes.Done;
    }

    private static void Show(CommandRun run, NodeLogLine line)
    {
        if (run.IsJson)
        {
            run.WriteJson(LogDocument.Of(line), json => json.LogDocument);
        }
        else
        {
            run.Screen.Line($"{line.Received:HH:mm:ss.fff} {(line.IsFromNode ? "NODE" : line.Level.ToString().ToUpperInvariant()),-5} {line.WorkloadName} {line.WorkloadId} {line.Text}", line.Level == LogSeverity.Error);
        }
    }
}
