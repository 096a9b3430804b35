using NATS.NKeys;
using Nex.Client;
using Nex.Client.Artifacts;
using Nex.Client.Workloads;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

/// <summary>Puts busybox on a node, as a client does.</summary>
internal static class Deployment
{
    internal static async Task StartAsync(NexClient client, string nodeId, params string[] arguments)
    {
        using KeyPair issuer = KeyPair.CreatePair(PrefixByte.Account);
        string location = await UploadAsync(client);
        _ = await client.DeployAsync(Of(nodeId, location, issuer, arguments)).Within();
    }

    /// <returns>Where it is then.</returns>
    internal static async Task<string> UploadAsync(NexClient client)
    {
        await using FileStream file = File.OpenRead("/usr/bin/busybox");
        return (await client.UploadAsync(new UploadOptions { Key = "busybox" }, file).Within()).Location;
    }

    internal static DeployOptions Of(string nodeId, string location, KeyPair issuer, params string[] arguments) => new()
    {
        Name = "work",
        NodeId = nodeId,
        Location = location,
        Issuer = issuer,
        Argv = arguments,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
    };
}
