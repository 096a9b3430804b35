using System.Text.Json;
using Nex.Node.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Deploys;

public sealed class StopTests(SharedNats nats) : NodeTest(nats)
{
    [Fact]
    public async Task A_workload_is_stopped_by_who_has_deployed_it_and_by_nobody_else()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("tree");
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.stops.workload_stopped");
        string deployed = Stranger.Jwt("polite");
        string id = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "polite", "tree", argv: ["polite"], jwt: deployed), "stops")).GetProperty("id").GetString()!;
        string stop = $"$NEX.STOP.stops.{node.Id}";
        await using var other = new Stranger(Nats.Server);

        string unknown = await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, "unknown", Stranger.Jwt("polite")));
        string foreign = await Stranger.RefusedAsync($"$NEX.STOP.default.{node.Id}", Stranger.StopRequest(node, id, Stranger.Jwt("polite")));
        Assert.Equal(("No such workload", "No such workload"), (unknown, foreign));
        Assert.Contains("make a new one", await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, id, deployed)));
        Assert.Contains("only by its issuer", await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, id, other.Jwt("polite"))));
        Assert.Contains("only by its issuer", await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, id, Stranger.Jwt("another"))));
        Assert.Contains("signature", await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, id, Stranger.Jwt("polite", null, null, other.Account))));
        Assert.Empty(events.Reached);

        // Where the deploy was a moment ago.
        JsonElement stopped = await Stranger.StopAsync(node, id, "polite", "stops");
        // Who is told that it is over, does not find it any more.
        Assert.Empty((await Stranger.DoAsync($"$NEX.INFO.stops.{node.Id}")).GetProperty("machines").EnumerateArray());
        Assert.Equal("No such workload", await Stranger.RefusedAsync(stop, Stranger.StopRequest(node, id, Stranger.Jwt("polite"))));
        Assert.True(stopped.GetProperty("stopped").GetBoolean());
        Assert.Equal((id, "polite", Stranger.Issuer), (stopped.GetProperty("id").GetString(), stopped.GetProperty("name").GetString(), stopped.GetProperty("issuer").GetString()));
        JsonElement told = (await events.AtAsync(0)).Json.GetProperty("data");
        Assert.Contains("was stopped", told.GetProperty("message").GetString());
    }

    [Fact]
    public async Task The_JWT_of_a_stop_stops_no_other_workload()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("tree");
        string first = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "twin", "tree", argv: ["polite"]), "twins")).GetProperty("id").GetString()!;
        string second = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "twin", "tree", argv: ["polite"]), "twins")).GetProperty("id").GetString()!;
        string jwt = Stranger.Jwt("twin");
        _ = await Stranger.DoAsync($"$NEX.STOP.twins.{node.Id}", Stranger.StopRequest(node, first, jwt));
        Assert.Contains("has been used before", await Stranger.RefusedAsync($"$NEX.STOP.twins.{node.Id}", Stranger.StopRequest(node, second, jwt)));
    }
}
