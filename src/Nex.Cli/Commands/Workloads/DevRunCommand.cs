using System.CommandLine;
using System.CommandLine.Parsing;
using NATS.NKeys;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Client.Artifacts;
using Nex.Client.Workloads;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands.Workloads;

/// <summary>`nex devrun`: puts a local file on a node.</summary>
internal sealed class DevRunCommand : NexCommand
{
    private readonly Argument<string> _file = new("file") { Description = "The program", HelpName = "FILE" };

    private readonly Argument<string[]> _environment = new("environment")
    {
        Description = "Variables of the program, which only the node can read",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _node = new("--node", "--target-node", "--target_node") { Description = "The node; without it, the one with the most room", HelpName = "NODE" };
    private readonly Option<bool> _stop = new("--stop") { Description = "Stop workloads of the same name first", DefaultValueFactory = _ => true };
    private readonly Option<bool> _noStop = new("--no-stop") { Description = "Leave workloads of the same name running" };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Show what it writes until it ends; Ctrl-C stops it" };
    private readonly Option<string> _bucket = new("--bucket") { Description = "Object store to upload to", HelpName = "NAME", DefaultValueFactory = _ => UploadOptions.DefaultBucket };
    private readonly Option<long?> _maxBytes = new("--bucketmaxbytes", "--bucket-max-bytes", "--bucket_max_bytes") { Description = "Most that the object store may hold, when it is made now", HelpName = "BYTES" };
    private readonly DeployOptionsGroup _options;

    internal DevRunCommand(GlobalOptions globals, IReadOnlyList<string> programArguments)
        : base("devrun", "Upload a local program and run it: keys and the object store are made where there are none", globals)
    {
        Aliases.Add("yeet");
        _options = new DeployOptionsGroup(programArguments);
        Arguments.Add(_file);
        Arguments.Add(_environment);
        foreach (Option option in (Option[])[_follow, _stop, _noStop, _node])
        {
            Options.Add(option);
        }

        _options.AddTo(this);
        Options.Add(_bucket);
        Options.Add(_maxBytes);
        Validators.Add(RequireOneWish);
        Examples =
        [
            ("nex devrun ./echo", "on the node with the most room, in place of the one that runs"),
            ("nex devrun ./server PORT=8080 --follow", "with a variable; shows its log until Ctrl-C, which stops it"),
            ("nex devrun ./tool --no-stop -- --depth 3 'two words'", "beside the one that runs, with arguments"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        using FileStream file = WorkloadFile.Open(run.Parsed.GetRequiredValue(_file));
        string type = WorkloadFile.FindType(file, run.Parsed.GetValue(_options.Type));
        string? given = run.Parsed.GetValue(_node);
        DeployRequest request = _options.Read(run, WorkloadName.Of(file.Name), type, given, run.Parsed.GetValue(_environment) ?? []);
        _ = DeployOptionsGroup.Require(ArtifactLocation.Of(run.Parsed.GetRequiredValue(_bucket), request.Name));

        using KeyPair issuer = _options.Issuer(run.Parsed);
        using KeyPair sender = _options.Sender(run.Parsed);
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        Task<PingReply> choosing = _options.FindNodeAsync(run, client, given, type, cancellation);
        var predecessors = new Predecessors(run, client, request.Name);
        Task<IReadOnlyList<LocatedWorkload>> finding = run.Parsed.GetValue(_stop) && !run.Parsed.GetValue(_noStop)
            ? predecessors.FindAsync(given is null ? null : choosing, cancellation)
            : Task.FromResult<IReadOnlyList<LocatedWorkload>>([]);
        await Task.WhenAll(choosing, finding).ConfigureAwait(false);
        PingReply node = await choosing.ConfigureAwait(false);

        UploadedArtifact artifact = await UploadAsync(run, client, request.Name, file, cancellation).ConfigureAwait(false);
        await predecessors.StopAsync(await finding.ConfigureAwait(false), issuer, cancellation).ConfigureAwait(false);
        DeployOptions options = _options.Address(
            run, request with { Description = request.Description ?? "Workload published in devmode", Hash = artifact.Sha256 }, artifact.Location, node, issuer, sender);
        return await DeployAsync(run, client, options, !artifact.WasThere, cancellation).ConfigureAwait(false);
    }

    private async Task<UploadedArtifact> UploadAsync(CommandRun run, NexClient client, string key, FileStream file, CancellationToken cancellation)
    {
        var where = new UploadOptions
        {
            Bucket = run.Parsed.GetRequiredValue(_bucket),
            Key = key,
            MaxBucketBytes = run.Parsed.GetValue(_maxBytes),
            JetStreamDomain = _options.Domain(run.Parsed),
        };
        UploadedArtifact artifact = await Output.Screen.ForErrors(run.Errors)
            .ProgressAsync(Path.GetFileName(file.Name), file.Length, progress => client.UploadAsync(where, file, progress, cancellation))
            .ConfigureAwait(false);
        run.Say(artifact.WasThere ? $"{artifact.Location} is there already" : $"uploaded {artifact.Location}, {artifact.Size} bytes");
        return artifact;
    }

    private async Task<int> DeployAsync(CommandRun run, NexClient client, DeployOptions options, bool uploaded, CancellationToken cancellation)
    {
        if (run.Parsed.GetValue(_follow))
        {
            return await new Following(run, client, options, TimeProvider.System).RunAsync(uploaded, cancellation).ConfigureAwait(false);
        }

        var deployment = new Deployment(run, client, options, TimeProvider.System);
        deployment.Tell(await deployment.StartAsync(cancellation).ConfigureAwait(false), uploaded);
        return ExitCodes.Done;
    }

    private void RequireOneWish(CommandResult result)
    {
        if (result.GetResult(_stop) is { Implicit: false } && result.GetValue(_noStop))
        {
            result.AddError("--stop and --no-stop cannot be given together.");
        }
    }
}
