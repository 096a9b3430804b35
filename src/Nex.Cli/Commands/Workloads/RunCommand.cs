using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands.Workloads;

/// <summary>`nex run`: runs what is in an object store.</summary>
internal sealed class RunCommand : NexCommand
{
    private readonly Argument<string> _url = new("url") { Description = "Where the program is: nats://BUCKET/KEY, in an object store of JetStream" };

    private readonly Argument<string[]> _rest = new("node and environment")
    {
        Description = "[NODE] [KEY=VALUE…]: the node, or none for the one with the most room; and variables, which only the node can read",
        HelpName = "NODE|KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _hash = new("--hash") { Description = "SHA-256 of the program, which the node compares", HelpName = "HEX" };

    private readonly DeployOptionsGroup _options;

    internal RunCommand(GlobalOptions globals, IReadOnlyList<string> programArguments)
        : base("run", "Run a program that is in an object store", globals)
    {
        _options = new DeployOptionsGroup(programArguments);
        Arguments.Add(_url);
        Arguments.Add(_rest);
        _options.AddTo(this);
        Options.Add(_hash);
        Examples =
        [
            ("nex run nats://NEXCLIFILES/echo --name echo", "on the node with the most room"),
            ("nex run nats://NEXCLIFILES/echo NBTA PORT=80 --name echo -- --verbose 'two words'", "on that node, with a variable and two arguments"),
            ("nex run nats://NEXCLIFILES/echo --tag region=eu --essential", "on a node with that tag; started again when it fails"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        string url = run.Parsed.GetRequiredValue(_url);
        ArtifactLocation location = DeployOptionsGroup.Require(ArtifactLocation.Parse(url));
        (string? node, string[] environment) = Split(run.Parsed.GetValue(_rest) ?? []);
        string type = run.Parsed.GetValue(_options.Type) ?? WorkloadTypes.Elf;
        DeployRequest request = _options.Read(run, WorkloadName.Of(location.Path), type, node, environment, run.Parsed.GetValue(_hash));

        using KeyPair issuer = _options.Issuer(run.Parsed);
        using KeyPair sender = _options.Sender(run.Parsed);
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        PingReply target = await _options.FindNodeAsync(run, client, node, type, cancellation).ConfigureAwait(false);
        var deployment = new Deployment(run, client, _options.Address(run, request, url, target, issuer, sender), TimeProvider.System);
        deployment.Tell(await deployment.StartAsync(cancellation).ConfigureAwait(false), uploaded: null);
        return ExitCodes.Done;
    }

    private static (string? Node, string[] Environment) Split(string[] rest) =>
        rest is [{ } first, .. string[] others] && !first.Contains('=', StringComparison.Ordinal) ? (first, others) : (null, rest);
}
