using Nex.Cli.Keys;
using Nex.Cli.Options;
using Nex.Cli.Output;

namespace Nex.Cli.Commands.Keys;

/// <summary>`nex keys make`: makes what of this user's keys is not there.</summary>
internal sealed class KeysMakeCommand : NexCommand
{
    internal KeysMakeCommand(GlobalOptions globals)
        : base("make", "Make the keys that workloads are signed and sealed with, where there are none", globals) =>
        Examples = [("nex keys make", "once; `nex devrun` does it by itself")];

    protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        foreach (KeyKind kind in (KeyKind[])[KeyKind.Issuer, KeyKind.Publisher])
        {
            run.Say(KeyStore.TryMake(kind) ? $"made {KeyStore.PathOf(kind)}" : $"{KeyStore.PathOf(kind)} is there");
        }

        KeysShowCommand.Write(run);
        return Task.FromResult(ExitCodes.Done);
    }
}

/// <summary>`nex keys show`: this user's public keys.</summary>
internal sealed class KeysShowCommand : NexCommand
{
    internal KeysShowCommand(GlobalOptions globals)
        : base("show", "Show the public keys of this user. Seeds are never shown", globals) =>
        Examples = [("nex keys show --json | jq -r '.[0].public_key'", "the issuer, for the valid_issuers of a node")];

    protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        Write(run);
        return Task.FromResult(ExitCodes.Done);
    }

    internal static void Write(CommandRun run)
    {
        IReadOnlyList<KeyDocument> keys = [.. ((KeyKind[])[KeyKind.Issuer, KeyKind.Publisher]).Select(Describe)];
        if (run.IsJson)
        {
            run.WriteJson(keys, json => json.IReadOnlyListKeyDocument);
            return;
        }

        run.Screen.Table(["Key", "Public key", "File"], keys.Select(key => (IReadOnlyList<string>)[key.Kind, key.PublicKey, key.File]));
    }

    private static KeyDocument Describe(KeyKind kind)
    {
        using NATS.NKeys.KeyPair key = KeyStore.Read(KeyStore.PathOf(kind), kind);
        return new KeyDocument(kind.Kind, KeyStore.PathOf(kind), key.GetPublicKey());
    }
}
