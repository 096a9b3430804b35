using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Options;
using Nex.Client;
using Nex.Client.Artifacts;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Messages;

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
    private readonly Option<bool> _stop = new("--stop") { Description = "Stop workloads of the same name first" };
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
        foreach (Option option in (Option[])[_follow, _stop, _node])
        {
            Options.Add(option);
        }

        _options.AddTo(this);
        Options.Add(_bucket);
        Options.Add(_maxBytes);
        Examples =
        [
            ("nex devrun ./echo", "on the node with the most room"),
            ("nex devrun ./server PORT=8080 --follow", "with a variable; shows its log until Ctrl-C, which stops it"),
            ("nex devrun ./tool --stop -- --depth 3 'two words'", "in place of the one that runs, with arguments"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        using FileStream file = WorkloadFile.Open(run.Parsed.GetRequiredValue(_file));
        string type = WorkloadFile.FindType(file, run.Parsed.GetValue(_options.Type));
        using KeyPair issuer = _options.Issuer(run.Parsed);
        using KeyPair sender = _options.Sender(run.Parsed);
        DeployOptions options = Read(run, file.Name, type, issuer, sender);

        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        PingReply node = await _options.FindNodeAsync(run, client, run.Parsed.GetValue(_node), type, cancellation).ConfigureAwait(false);
        if (run.Parsed.GetValue(_stop))
        {
            await StopSameAsync(run, client, options, cancellation).ConfigureAwait(false);
        }

        UploadedArtifact artifact = await UploadAsync(run, client, options.Name, file, cancellation).ConfigureAwait(false);
        options = options with { NodeId = node.NodeId, NodeXkey = node.TargetXkey, Location = artifact.Location, Hash = artifact.Sha256 };
        if (run.Parsed.GetValue(_follow))
        {
            return await new Following(run, client, options).RunAsync(!artifact.WasThere, cancellation).ConfigureAwait(false);
        }

        Deployed.Write(run, options, await client.DeployAsync(options, cancellation).ConfigureAwait(false), !artifact.WasThere);
        return ExitCodes.Done;
    }

    private DeployOptions Read(CommandRun run, string file, string type, KeyPair issuer, KeyPair sender) => new()
    {
        Name = run.Parsed.GetValue(_options.Name) ?? WorkloadName.Of(file),
        NodeId = "",
        Location = "",
        Issuer = issuer,
        Sender = sender,
        Namespace = run.Namespace,
        Type = type,
        Argv = _options.Arguments(run.Parsed),
        Environment = Pairs.Read(run.Parsed.GetValue(_environment) ?? [], "variable"),
        Description = run.Parsed.GetValue(_options.Description) ?? "Workload published in devmode",
        Essential = _options.IsEssential(run.Parsed),
        TriggerSubjects = _options.Triggers(run.Parsed),
        JetStreamDomain = _options.Domain(run.Parsed),
    };

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

    private static async Task StopSameAsync(CommandRun run, NexClient client, DeployOptions options, CancellationToken cancellation)
    {
        IReadOnlyList<WorkloadPingReply> answers = await client.FindWorkloadsAsync(options.Namespace, options.Name, cancellation).ConfigureAwait(false);
        foreach (WorkloadPingReply answer in answers)
        {
            foreach (RunningWorkload workload in answer.RunningMachines.Where(workload => workload.Name == options.Name))
            {
                var stop = new StopOptions
                {
                    Workload = workload.Id,
                    NodeId = answer.NodeId,
                    Name = workload.Name,
                    Issuer = options.Issuer,
                    Namespace = options.Namespace,
                };
                try
                {
                    _ = await client.StopAsync(stop, cancellation).ConfigureAwait(false);
                    run.Say($"stopped {workload.Name} ({workload.Id})");
                }
                catch (ControlException failure) when (failure.Fault == ControlFault.Refused)
                {
                    // It may have ended by itself meanwhile, or be somebody else's.
                    run.Say($"{workload.Name} ({workload.Id}) was not stopped. {failure.Message}");
                }
            }
        }
    }
}
