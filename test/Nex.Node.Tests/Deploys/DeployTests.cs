using System.Text.Json;
using System.Text.Json.Nodes;
using Nex.Node.Tests.Support;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Deploys;

public sealed class DeployTests(SharedNats nats) : NodeTest(nats)
{
    [Theory]
    [InlineData(Sandbox.None)]
    [InlineData(Sandbox.Namespaces)]
    public async Task A_request_of_the_Go_client_runs_its_program_and_all_is_told_of_it(Sandbox sandbox)
    {
        NodeUnderTest node = await StartNodeAsync(processes: NodeUnderTest.OptionsOf(sandbox));
        await UploadAsync("write");
        string @namespace = $"told{sandbox}";
        Milestones<Heard> events = await Stranger.ListenAsync($"$NEX.events.{@namespace}.>");
        Milestones<Heard> logs = await Stranger.ListenAsync($"$NEX.logs.{@namespace}.>");

        JsonElement reply = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "writer", "write", argv: ["lines", "4", "both"]), @namespace);
        string id = reply.GetProperty("id").GetString()!;

        Assert.True(reply.GetProperty("started").GetBoolean());
        Assert.Equal("writer", reply.GetProperty("name").GetString());
        Assert.Equal(Stranger.Issuer, reply.GetProperty("issuer").GetString());
        Heard stopped = await events.AtAsync(1);
        Heard started = events.Reached[0];
        Assert.Equal($"$NEX.events.{@namespace}.workload_started", started.Subject);
        Assert.Equal(id, started.Json.GetProperty("source").GetString());
        Assert.Equal("writer", started.Json.GetProperty("data").GetProperty("workload_name").GetString());
        Assert.Equal(0, started.Json.GetProperty("data").GetProperty("code").GetInt32());
        Assert.Equal(new FileInfo(Testing.Files.TestPrograms.Path("write")).Length, started.Json.GetProperty("data").GetProperty("total_bytes").GetInt64());
        Assert.Equal($"$NEX.events.{@namespace}.workload_stopped", stopped.Subject);
        Assert.Equal(0, stopped.Json.GetProperty("data").GetProperty("code").GetInt32());
        Assert.Contains("exit code 0", stopped.Json.GetProperty("data").GetProperty("message").GetString());
        IReadOnlyList<Heard> lines = await logs.CountAsync(5);
        Assert.All(lines, line => Assert.Equal($"$NEX.logs.{@namespace}.{node.Id}.writer.{id}", line.Subject));
        Assert.All(lines, line => Assert.Equal(id, line.Json.GetProperty("id").GetString()));
        Assert.Equal(["line 0", "line 2"], Texts(lines, "INFO").Where(text => text.StartsWith("line", StringComparison.Ordinal)));
        Assert.Equal(["line 1", "line 3"], Texts(lines, "ERROR"));
        Assert.Contains("Workload writer deployed", Texts(lines, "INFO"));
        // What it writes itself has no mark.
        Assert.Equal(
            ["Workload writer deployed"],
            lines.Where(line => line.Json.TryGetProperty("source", out JsonElement source) && source.GetString() == "node").Select(line => line.Json.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_plain_location_and_the_name_native_are_as_good()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("exit");
        JsonElement reply = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "plain", "exit", request =>
        {
            request["location"] = $"nats://{Stranger.Bucket}/exit";
            request["type"] = "native";
            _ = request.Remove("argv");
            _ = request.Remove("description");
            _ = request.Remove("jsdomain");
            _ = request.Remove("essential");
        }));
        Assert.True(reply.GetProperty("started").GetBoolean());
    }

    [Fact]
    public async Task Names_of_the_environment_arrive_as_sent_and_in_upper_case_where_that_is_not_taken()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("show");
        Milestones<Heard> logs = await Stranger.ListenAsync("$NEX.logs.env.>");
        _ = await Stranger.DeployAsync(
            node,
            Stranger.RunRequest(
                node,
                "env",
                "show",
                request => request["environment"] = Stranger.Seal(node, """{"key":"a","Taken":"b","TAKEN":"c","UP":"d"}"""),
                argv: ["environment"]),
            "env");
        Heard line = await logs.FirstAsync(heard => heard.Text.Contains("key=", StringComparison.Ordinal));
        string[] variables = line.Json.GetProperty("text").GetString()!.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["KEY=a", "TAKEN=c", "Taken=b", "UP=d", "key=a"], variables.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_first_fault_in_the_order_of_the_contract_is_the_answer()
    {
        using var other = NATS.NKeys.KeyPair.CreatePair(NATS.NKeys.PrefixByte.Account);
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { ValidIssuers = [other.GetPublicKey()] });
        JsonObject request = JsonNode.Parse(Stranger.RunRequest(node, "Bad_Name", "missing"))!.AsObject();
        request["type"] = "wasm";
        request["trigger_subjects"] = new JsonArray("a.b");
        request["environment"] = "?";
        string jwt = request["workload_jwt"]!.GetValue<string>();
        request["workload_jwt"] = jwt[..^4];

        await ExpectAsync("does not accept workloads of type 'wasm'");
        request["type"] = "elf";
        await ExpectAsync("no trigger subjects");
        _ = request.Remove("trigger_subjects");
        await ExpectAsync("environment cannot be opened");
        request["environment"] = Stranger.Seal(node, "{}");
        await ExpectAsync("JWT is not accepted");
        request["workload_jwt"] = jwt;
        await ExpectAsync("name: must be 1 to 63");
        request["workload_jwt"] = Stranger.Jwt("good-name");
        await ExpectAsync("is none of those whose workloads this node runs");
        request["workload_jwt"] = Stranger.Jwt("good-name", null, claims => claims["iss"] = other.GetPublicKey(), other);
        await ExpectAsync("There is no artifact");

        async Task ExpectAsync(string reason) => Assert.Contains(reason, await Stranger.RefusedDeployAsync(node, request.ToJsonString()));
    }

    [Fact]
    public async Task What_a_request_lacks_is_listed()
    {
        NodeUnderTest node = await StartNodeAsync();
        Assert.Equal(
            "The deploy request lacks type, location, workload_jwt, environment, sender_public_key, target_node.",
            await Stranger.RefusedDeployAsync(node, "{}"));
        Assert.Contains("lacks workload_id, workload_jwt, target_node", await Stranger.RefusedAsync($"$NEX.STOP.default.{node.Id}", "{}"));
    }

    [Fact]
    public async Task A_hash_that_is_claimed_must_be_true_and_a_placeholder_is_passed_over_unless_hashes_are_demanded()
    {
        NodeUnderTest lenient = await StartNodeAsync();
        NodeUnderTest strict = await StartNodeAsync(new NodeOptions { RequireWorkloadHash = true });
        await UploadAsync("exit");
        string hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Testing.Files.TestPrograms.Path("exit"))));
        string wrong = hash.Replace('0', '1').Replace('2', '3');

        _ = await Stranger.DeployAsync(lenient, Stranger.RunRequest(lenient, "a", "exit", jwt: Stranger.Jwt("a", "abc12345TODOmakethisreal")));
        _ = await Stranger.DeployAsync(lenient, Stranger.RunRequest(lenient, "a", "exit", jwt: Stranger.Jwt("a", hash)));
        _ = await Stranger.DeployAsync(strict, Stranger.RunRequest(strict, "a", "exit", jwt: Stranger.Jwt("a", hash.ToLowerInvariant())));
        Assert.Contains("SHA-256", await Stranger.RefusedDeployAsync(lenient, Stranger.RunRequest(lenient, "a", "exit", jwt: Stranger.Jwt("a", wrong))));
        Assert.Contains("must claim the SHA-256", await Stranger.RefusedDeployAsync(strict, Stranger.RunRequest(strict, "a", "exit", jwt: Stranger.Jwt("a", "abc"))));
        Assert.Contains("must claim the SHA-256", await Stranger.RefusedDeployAsync(strict, Stranger.RunRequest(strict, "a", "exit", jwt: Stranger.Jwt("a"))));
    }

    [Fact]
    public async Task A_JWT_deploys_once_and_one_of_a_deploy_that_failed_may_be_used_again()
    {
        NodeUnderTest node = await StartNodeAsync();
        string request = Stranger.RunRequest(node, "once", "replayed");
        Assert.Contains("There is no artifact", await Stranger.RefusedDeployAsync(node, request));
        await Stranger.UploadAsync("replayed", File.ReadAllBytes(Testing.Files.TestPrograms.Path("exit")));
        _ = await Stranger.DeployAsync(node, request);
        Assert.Contains("has been used before", await Stranger.RefusedDeployAsync(node, request));
        Assert.Contains("has been used before", await Stranger.RefusedDeployAsync(node, request, "other"));
    }

    [Fact]
    public async Task A_JWT_that_is_too_old_is_refused_where_the_node_is_told_so()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { MaxClaimsAge = TimeSpan.FromMinutes(10) });
        await UploadAsync("exit");
        string old = Stranger.Jwt("old", null, claims => claims["iat"] = DateTimeOffset.UtcNow.AddMinutes(-11).ToUnixTimeSeconds());
        string undated = Stranger.Jwt("old", null, claims => claims.Remove("iat"));
        Assert.Contains("was issued more than 600 s ago", await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "old", "exit", jwt: old)));
        Assert.Contains("was issued more than 600 s ago", await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "old", "exit", jwt: undated)));
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "old", "exit"));
    }

    [Fact]
    public async Task An_essential_workload_is_started_again_under_the_same_id_and_its_end_is_told_once()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("exit");
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.essential.>");
        JsonElement reply = await Stranger.DeployAsync(
            node, Stranger.RunRequest(node, "again", "exit", request => request["essential"] = true, argv: ["3"]), "essential");
        string id = reply.GetProperty("id").GetString()!;

        await events.CountAsync(heard => heard.Subject.EndsWith("workload_started", StringComparison.Ordinal), 3);
        _ = await Stranger.StopAsync(node, id, "again", "essential");
        Heard stopped = await events.FirstAsync(heard => heard.Subject.EndsWith("workload_stopped", StringComparison.Ordinal));
        Assert.All(events.Reached, heard => Assert.Equal(id, heard.Json.GetProperty("source").GetString()));
        Assert.Same(stopped, Assert.Single(events.Reached, heard => heard.Subject.EndsWith("workload_stopped", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Texts(IEnumerable<Heard> lines, string level) => lines
        .Where(line => line.Json.GetProperty("level").GetString() == level)
        .Select(line => line.Json.GetProperty("text").GetString()!);
}
