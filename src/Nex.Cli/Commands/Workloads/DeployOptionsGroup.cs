using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Keys;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Client.Nodes;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>The options that `run` and `devrun` have in common.</summary>
internal sealed class DeployOptionsGroup(IReadOnlyList<string> programArguments)
{
    internal Option<string?> Name { get; } = new("--name") { Description = "Name of the workload: small letters, digits and hyphens", HelpName = "NAME" };

    internal Option<string?> Type { get; } = new("--type") { Description = "Type of the workload: elf, wasm, v8 or oci", HelpName = "TYPE" };

    internal Option<string?> Description { get; } = new("--description") { Description = "A sentence about it, for people", HelpName = "TEXT" };

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

    internal IReadOnlyList<Option> Options => [Name, Type, Description, _argv, _essential, _triggers, _tags, _domain, _issuer, _xkey];

    internal void AddTo(Command command)
    {
        _tags.Validators.Add(Pairs.Require);
        Type.CompletionSources.Add("elf", "wasm", "v8", "oci");
        foreach (Option option in Options)
        {
            command.Options.Add(option);
        }
    }

    internal IReadOnlyList<string> Arguments(ParseResult parsed) => [.. parsed.GetValue(_argv) ?? [], .. programArguments];

    internal bool IsEssential(ParseResult parsed) => parsed.GetValue(_essential);

    internal IReadOnlyList<string> Triggers(ParseResult parsed) => parsed.GetValue(_triggers) ?? [];

    internal string? Domain(ParseResult parsed) => parsed.GetValue(_domain) is { Length: > 0 } domain ? domain : null;

    internal KeyPair Issuer(ParseResult parsed) => Key(parsed.GetValue(_issuer), KeyKind.Issuer);

    internal KeyPair Sender(ParseResult parsed) => Key(parsed.GetValue(_xkey), KeyKind.Publisher);

    /// <summary>The node that is asked for, or the one with the most room.</summary>
    internal async Task<PingReply> FindNodeAsync(CommandRun run, NexClient client, string? node, string type, CancellationToken cancellation)
    {
        Dictionary<string, string> tags = Pairs.Read(run.Parsed.GetValue(_tags) ?? [], "tag");
        if (node is null)
        {
            var requirements = new NodeRequirements { Namespace = run.Namespace, Type = type, Tags = tags };
            return (await client.SelectNodeAsync(requirements, cancellation).ConfigureAwait(false)).Ping;
        }

        return tags.Count > 0
            ? throw new UsageException("A node and --tag cannot be given together: the tags choose the node.")
            : await client.PingAsync(await NodeArgument.ResolveAsync(client, node, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    private static KeyPair Key(string? file, KeyKind kind) => file is null ? KeyStore.ReadOrMake(kind) : KeyStore.Read(file, kind);
}
