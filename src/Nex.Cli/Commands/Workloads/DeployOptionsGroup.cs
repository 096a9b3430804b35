using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Keys;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Client.Nodes;
using Nex.Client.Workloads;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands.Workloads;

/// <summary>The options that `run` and `devrun` have in common.</summary>
internal sealed class DeployOptionsGroup(IReadOnlyList<string> programArguments)
{
    private readonly Option<string?> _name = new("--name") { Description = "Name of the workload: small letters, digits and hyphens", HelpName = "NAME" };

    internal Option<string?> Type { get; } = new("--type") { Description = "Type of the workload: elf, wasm, v8 or oci", HelpName = "TYPE" };

    private readonly Option<string?> _description = new("--description") { Description = "A sentence about it, for people", HelpName = "TEXT" };

    private readonly Option<string[]> _argv = new("--argv")
    {
        Description = "An argument of the program, whole; may be given again. Or put all of them after --",
        HelpName = "ARGUMENT",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _essential = new("--essential") { Description = "Start it again when it fails" };

    private readonly Option<string[]> _triggers = new("--trigger-subject", "--trigger_subject") { Description = "A subject whose messages run a function; may be given again", HelpName = "SUBJECT" };

    private readonly Option<string[]> _tags = new("--tag") { Description = "A tag that the node must have; may be given again", HelpName = "KEY=VALUE" };

    private readonly Option<string?> _domain = new("--jsdomain", "--js-domain", "--js_domain") { Description = "JetStream domain of the object store", HelpName = "NAME" };

    private readonly Option<string?> _issuer = new("--issuer") { Description = "Seed file of the account key that signs [~/.config/nex/issuer.nk]", HelpName = "FILE" };

    private readonly Option<string?> _xkey = new("--xkey") { Description = "Seed file of the curve key that seals the environment [~/.config/nex/publisher.xk]", HelpName = "FILE" };

    private IReadOnlyList<Option> Options => [_name, Type, _description, _argv, _essential, _triggers, _tags, _domain, _issuer, _xkey];

    internal void AddTo(Command command)
    {
        _tags.Validators.Add(Pairs.Require);
        Type.CompletionSources.Add("elf", "wasm", "v8", "oci");
        foreach (Option option in Options)
        {
            command.Options.Add(option);
        }
    }

    internal string? Domain(ParseResult parsed) => parsed.GetValue(_domain);

    /// <summary>What is to run, checked before anything is done.</summary>
    /// <param name="name">Its name, where none is given.</param>
    /// <param name="node">The node that is asked for.</param>
    /// <exception cref="UsageException">The options cannot be meant.</exception>
    /// <exception cref="InvalidDeployRequestException">No such workload can be.</exception>
    internal DeployRequest Read(CommandRun run, string name, string type, string? node, IEnumerable<string> environment, string? hash = null)
    {
        if (Tags(run.Parsed).Count > 0 && node is not null)
        {
            throw new UsageException("A node and --tag cannot be given together: the tags choose the node.");
        }

        var request = new DeployRequest
        {
            Name = run.Parsed.GetValue(_name) ?? name,
            Namespace = run.Namespace,
            Type = type,
            Argv = [.. run.Parsed.GetValue(_argv) ?? [], .. programArguments],
            Environment = Pairs.Read(environment, "variable"),
            Description = run.Parsed.GetValue(_description),
            Essential = run.Parsed.GetValue(_essential),
            TriggerSubjects = run.Parsed.GetValue(_triggers) ?? [],
            Hash = hash?.ToLowerInvariant(),
        };
        DeployRequestValidator.ThrowIfInvalid(request);
        return request;
    }

    /// <summary>What is to run, where it is, on which node, and as whom.</summary>
    internal DeployOptions Address(CommandRun run, DeployRequest request, string location, PingReply node, KeyPair issuer, KeyPair sender) => new()
    {
        Name = request.Name,
        NodeId = node.NodeId,
        NodeXkey = node.TargetXkey,
        Location = location,
        Issuer = issuer,
        Sender = sender,
        Namespace = request.Namespace,
        Type = request.Type,
        Argv = request.Argv,
        Environment = request.Environment,
        Description = request.Description,
        Essential = request.Essential,
        TriggerSubjects = request.TriggerSubjects,
        JetStreamDomain = Domain(run.Parsed),
        Hash = request.Hash,
    };

    /// <summary>Where an artifact is, or is to be.</summary>
    /// <exception cref="UsageException">Nothing can be there.</exception>
    internal static ArtifactLocation Require(ArtifactLocation location) =>
        location.TryFind(out _, out _) is { } fault ? throw new UsageException($"'{location}' cannot be used: {fault}.") : location;

    internal KeyPair Issuer(ParseResult parsed) => Key(parsed.GetValue(_issuer), KeyKind.Issuer);

    internal KeyPair Sender(ParseResult parsed) => Key(parsed.GetValue(_xkey), KeyKind.Publisher);

    /// <summary>The node that is asked for, or the one with the most room.</summary>
    internal async Task<PingReply> FindNodeAsync(CommandRun run, NexClient client, string? node, string type, CancellationToken cancellation)
    {
        if (node is not null)
        {
            return await client.PingAsync(await NodeArgument.ResolveAsync(client, node, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }

        var requirements = new NodeRequirements { Namespace = run.Namespace, Type = type, Tags = Tags(run.Parsed) };
        return (await client.SelectNodeAsync(requirements, cancellation).ConfigureAwait(false)).Ping;
    }

    private Dictionary<string, string> Tags(ParseResult parsed) => Pairs.Read(parsed.GetValue(_tags) ?? [], "tag");

    private static KeyPair Key(string? file, KeyKind kind) => file is null ? KeyStore.ReadOrMake(kind) : KeyStore.Read(file, kind);
}
