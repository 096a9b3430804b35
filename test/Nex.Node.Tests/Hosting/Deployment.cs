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
        await using FileStream file = File.OpenRead("/usr/bin/busybox");
        UploadedArtifact program = await client.UploadAsync(new UploadOptions { Key = "busybox" }, file).Within();
        _ = await client.DeployAsync(new DeployOptions
        {
            Name = "work",
            NodeId = nodeId,
            Location = program.Location,
            Issuer = issuer,
            Argv = arguments,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        }).Within();
    }
}
