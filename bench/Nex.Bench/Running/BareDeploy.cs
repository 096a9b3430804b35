using System.Diagnostics;
using NATS.NKeys;
using Nex.Bench.Harness;

namespace Nex.Bench.Running;

/// <summary>
/// What a deploy over NATS cannot do without, one after the other and nothing in between: the keys of its sender and its node, by the library of
/// NATS; a request to the node, and the two that look its artifact up; and a fork and an execution in C.
/// </summary>
/// <param name="program">What the artifact is of.</param>
internal sealed class BareDeploy(ForkExec forkExec, NodeClient client, string program) : IDisposable
{
    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);
    private readonly KeyPair _node = KeyPair.CreatePair(PrefixByte.Curve);
    private readonly byte[] _claims = new byte[300];
    private readonly byte[] _signature = new byte[64];

    /// <summary>Milliseconds for all of it.</summary>
    internal async Task<double> MeasureAsync()
    {
        double keys = MeasureKeys();
        long begun = Stopwatch.GetTimestamp();
        await client.PingAsync();
        await client.LookUpAsync(program);
        return keys + Series.Since(begun) + forkExec.Measure();
    }

    /// <summary>Milliseconds for the keys alone: claims are signed and verified, and an environment is sealed and opened.</summary>
    internal double MeasureKeys()
    {
        long begun = Stopwatch.GetTimestamp();
        _issuer.Sign(_claims, _signature);
        using KeyPair sender = KeyPair.CreatePair(PrefixByte.Curve);
        byte[] environment = sender.Seal("{}"u8.ToArray(), _node.GetPublicKey());
        using KeyPair issuer = KeyPair.FromPublicKey(_issuer.GetPublicKey());
        bool isValid = issuer.Verify(_claims, _signature);
        byte[] opened = _node.Open(environment, sender.GetPublicKey());
        return isValid && opened.Length == 2 ? Series.Since(begun) : throw new InvalidOperationException("The keys do not fit.");
    }

    public void Dispose()
    {
        _issuer.Dispose();
        _node.Dispose();
    }
}
