using System.Text.RegularExpressions;
using NATS.NKeys;
using Nex.Client;
using Nex.Client.Artifacts;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Node.Tests.Hosting;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Connections;

public sealed partial class DomainTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);

    /// <summary>A node at a leaf of a NATS system: each of the two servers has JetStream of its own.</summary>
    [Fact]
    public async Task An_artifact_comes_from_the_domain_that_is_asked_for()
    {
        await using NatsServer hub = await StartAsync("hub", "leafnodes { listen: '127.0.0.1:-1' }");
        string listens = await hub.Program.LineAsync(line => LeafPort().IsMatch(line)).Within();
        await using NatsServer leaf = await StartAsync("edge", $"leafnodes {{ remotes [ {{ url: 'nats-leaf://127.0.0.1:{LeafPort().Match(listens).Groups[1].Value}' }} ] }}");
        _ = await leaf.Program.LineAsync(line => line.Contains("Leafnode connection created", StringComparison.Ordinal)).Within();
        await using NexProgram node = await NexProgram.StartAsync("--server", leaf.Url);
        await using NexClient client = await PatientClient.ConnectAsync(new NatsSettings { Servers = [hub.Url] });
        (string near, string nearHash) = await UploadAsync(client, "hub", "silent");
        (string far, string farHash) = await UploadAsync(client, "edge", "tree");

        Assert.Equal(nearHash, await RunAsync(client, node, near, "hub"));
        Assert.Equal(farHash, await RunAsync(client, node, far, "edge"));
        Assert.Equal(farHash, await RunAsync(client, node, far, null));
        await using NexClient ofHub = await PatientClient.ConnectAsync(new NatsSettings { Servers = [hub.Url], JetStreamDomain = "hub" });
        Assert.Equal(nearHash, await RunAsync(ofHub, node, near, null));
        Assert.Equal(farHash, await RunAsync(ofHub, node, far, ""));
        Assert.Contains("no such bucket", await RefusedAsync(client, node, near, "edge"), StringComparison.Ordinal);
        Assert.Contains("no such bucket", await RefusedAsync(client, node, near, null), StringComparison.Ordinal);
        Assert.Contains("JetStream", await RefusedAsync(client, node, near, "nowhere"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _issuer.Dispose();
        _directory.Dispose();
    }

    private Task<NatsServer> StartAsync(string domain, string more)
    {
        File.WriteAllText(_directory[$"{domain}.conf"], $"server_name: {domain}\njetstream {{ domain: {domain} }}\n{more}\n");
        return NatsServer.StartAsync("-c", _directory[$"{domain}.conf"]);
    }

    private static async Task<(string Location, string Hash)> UploadAsync(NexClient client, string domain, string program)
    {
        await using FileStream file = File.OpenRead(TestPrograms.Path(program));
        // Each domain has a bucket of its own: what is put into one goes to all buckets of its name in the system.
        UploadedArtifact artifact = await client.UploadAsync(new UploadOptions { Bucket = domain, Key = program, JetStreamDomain = domain }, file).Within();
        return (artifact.Location, artifact.Sha256);
    }

    /// <returns>The hash of what the node says that it runs.</returns>
    private async Task<string> RunAsync(NexClient client, NexProgram node, string location, string? domain)
    {
        var options = new DeployOptions { Name = "work", NodeId = node.Id, Location = location, Issuer = _issuer, Argv = ["polite"], JetStreamDomain = domain };
        string id = (await client.DeployAsync(options).Within()).Id;
        return (await client.GetInfoAsync(node.Id).Within()).Machines.Single(machine => machine.Id == id).Workload.Hash;
    }

    private async Task<string> RefusedAsync(NexClient client, NexProgram node, string location, string? domain) =>
        (await Assert.ThrowsAsync<ControlException>(() => RunAsync(client, node, location, domain))).Message;

    [GeneratedRegex(@"Listening for leafnode connections on 127\.0\.0\.1:(\d+)")]
    private static partial Regex LeafPort();
}
