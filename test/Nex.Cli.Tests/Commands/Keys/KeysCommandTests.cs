using System.Text.Json.Nodes;
using Nex.Cli.Tests.Support;

namespace Nex.Cli.Tests.Commands.Keys;

public sealed class KeysCommandTests : IDisposable
{
    private readonly NexHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Keys_are_made_once_and_for_their_owner_only()
    {
        CommandResult[] made = await Task.WhenAll(_home.RunAsync("keys", "make", "--json"), _home.RunAsync("keys", "make", "--json"));
        CommandResult shown = await _home.RunAsync("keys", "show", "--json");

        Assert.All(made, each => Assert.Equal(shown.Output, each.Output));
        JsonArray keys = JsonNode.Parse(shown.Output)!.AsArray();
        Assert.Equal(["issuer", "xkey"], keys.Select(key => (string?)key!["kind"]));
        Assert.Equal("AX", $"{((string)keys[0]!["public_key"]!)[0]}{((string)keys[1]!["public_key"]!)[0]}");
        foreach (JsonNode? key in keys)
        {
            string file = (string)key!["file"]!;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.DoesNotContain(File.ReadAllText(file).Trim(), shown.Output + made[0].Output + made[0].Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_not_used()
    {
        await _home.RunAsync("keys", "make");
        string file = _home["config/nex/issuer.nk"];
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.GroupRead);

        CommandResult result = await _home.RunAsync("keys", "show");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"chmod 600 {file}", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_no_key_it_is_said_how_to_make_it()
    {
        CommandResult result = await _home.RunAsync("keys", "show");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("nex keys make", result.Errors, StringComparison.Ordinal);
    }
}
